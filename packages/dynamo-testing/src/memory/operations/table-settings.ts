import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import type { Constraints } from '../constraints.js';
import { invalidParameter } from './table-definition.js';

/** The fields that CreateTable and UpdateTable share. */
export const settingFields: readonly string[] = [
  'TableName',
  'BillingMode',
  'ProvisionedThroughput',
  'StreamSpecification',
  'SSESpecification',
  'TableClass',
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'WarmThroughput',
];

type Input = sdk.CreateTableCommandInput | sdk.UpdateTableCommandInput;

/** The constraints on what CreateTable and UpdateTable share. */
export function settingConstraints(constraints: Constraints, input: Input): Constraints {
  const { SSESpecification: encryption } = input;
  if (encryption) {
    checkFields('SSESpecification', encryption, ['Enabled', 'SSEType', 'KMSMasterKeyId']);
  }
  return constraints
    .oneOf(input.BillingMode, 'billingMode', ['PROVISIONED', 'PAY_PER_REQUEST'])
    .oneOf(input.TableClass, 'tableClass', ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'])
    .oneOf(encryption?.SSEType, 'sSESpecification.sSEType', ['AES256', 'KMS']);
}

/** What is described back and changes nothing in a test. */
export function describedSettings(input: Input): Record<string, unknown> {
  const {
    SSESpecification: encryption,
    TableClass: tableClass,
    OnDemandThroughput: onDemand,
    WarmThroughput: warm,
  } = input;
  for (const [name, value] of Object.entries(onDemand ?? {})) {
    if (value === 0 || (typeof value === 'number' && value < -1)) {
      throw invalidParameter(
        `Requested ${name} for OnDemandThroughput for table is outside of valid range`,
      );
    }
  }
  return {
    ...(onDemand && { OnDemandThroughput: { ...onDemand } }),
    ...(warm && { WarmThroughput: { ...warm, Status: 'ACTIVE' } }),
    ...(tableClass !== undefined && { TableClassSummary: { TableClass: tableClass } }),
    ...(encryption && { SSEDescription: describeEncryption(encryption) }),
  };
}

/** The key that AWS owns is no encryption that is described. */
function describeEncryption(specification: sdk.SSESpecification): sdk.SSEDescription | undefined {
  if (specification.Enabled !== true) return undefined;
  const key = specification.KMSMasterKeyId ?? '00000000-0000-0000-0000-000000000000';
  const arn = key.startsWith('arn:') ? key : `arn:aws:kms:us-east-1:000000000000:key/${key}`;
  return { Status: 'ENABLED', SSEType: specification.SSEType ?? 'KMS', KMSMasterKeyArn: arn };
}
