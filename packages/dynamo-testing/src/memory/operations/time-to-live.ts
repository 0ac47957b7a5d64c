import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import { Constraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { tableOf } from './tables.js';

export function updateTimeToLive(
  database: Database,
  input: sdk.UpdateTimeToLiveCommandInput,
): Omit<sdk.UpdateTimeToLiveCommandOutput, '$metadata'> {
  checkFields('UpdateTimeToLive', input, ['TableName', 'TimeToLiveSpecification']);
  const specification = input.TimeToLiveSpecification;
  const constraints = new Constraints().name(input.TableName, 'tableName', 1);
  constraints.present(specification, 'timeToLiveSpecification').check();
  checkFields('TimeToLiveSpecification', specification, ['AttributeName', 'Enabled']);
  const { AttributeName: attribute, Enabled: enabled } =
    specification as sdk.TimeToLiveSpecification;
  const path = 'timeToLiveSpecification';
  new Constraints()
    .present(attribute, `${path}.attributeName`)
    .length(attribute, `${path}.attributeName`, 1, 255)
    .present(enabled, `${path}.enabled`)
    .check();
  const table = tableOf(database, input.TableName);
  const current = table.ttlAttribute;
  if (enabled && current !== undefined) throw validationError('TimeToLive is already enabled');
  if (!enabled && current === undefined) throw validationError('TimeToLive is already disabled');
  if (!enabled && current !== attribute) {
    throw validationError(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`,
    );
  }
  table.expireBy(enabled ? attribute : undefined);
  return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
}

export function describeTimeToLive(
  database: Database,
  input: sdk.DescribeTimeToLiveCommandInput,
): Omit<sdk.DescribeTimeToLiveCommandOutput, '$metadata'> {
  checkFields('DescribeTimeToLive', input, ['TableName']);
  const { ttlAttribute } = tableOf(database, input.TableName);
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  };
}
