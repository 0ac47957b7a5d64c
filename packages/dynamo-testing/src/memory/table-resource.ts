import type { CreateTableCommandInput, TimeToLiveSpecification } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { checkKeyText } from '@x/dynamo-core/mechanism';

/** A table as an AWS CloudFormation template has it. */
export interface TableResource {
  /** `AWS::DynamoDB::Table`, or `AWS::DynamoDB::GlobalTable`. */
  readonly Type?: unknown;
  readonly Properties?: unknown;
  readonly [field: string]: unknown;
}

type Properties = Readonly<Record<string, unknown>>;

const types = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];
const known = [
  'AttributeDefinitions',
  'BillingMode',
  'ContributorInsightsSpecification',
  'DeletionProtectionEnabled',
  'GlobalSecondaryIndexes',
  'GlobalTableSettingsReplicationMode',
  'GlobalTableSourceArn',
  'GlobalTableWitnesses',
  'ImportSourceSpecification',
  'KeySchema',
  'KinesisStreamSpecification',
  'LocalSecondaryIndexes',
  'MultiRegionConsistency',
  'OnDemandThroughput',
  'PointInTimeRecoverySpecification',
  'ProvisionedThroughput',
  'ReadOnDemandThroughputSettings',
  'ReadProvisionedThroughputSettings',
  'Replicas',
  'ResourcePolicy',
  'SSESpecification',
  'StreamSpecification',
  'TableClass',
  'TableName',
  'Tags',
  'TimeToLiveSpecification',
  'WarmThroughput',
  'WriteOnDemandThroughputSettings',
  'WriteProvisionedThroughputSettings',
];
const indexFields = ['IndexName', 'KeySchema', 'Projection'];

/** The resource that this is, or is the content of; `undefined` for the definition of a package. */
export function tableResourceOf(value: object): TableResource | undefined {
  if (Object(value) === value) {
    if ('Properties' in value || 'Type' in value) return value;
    // An input of CreateTable, as other tools list them, has the fields of a resource.
    if ('KeySchema' in value) return { Type: types[0], Properties: value };
    if ('partitionKey' in value) return undefined;
  }
  const what = 'a definition, a resource of CloudFormation or an input of CreateTable';
  throw new InvalidInputError('table', value, what);
}

/**
 * What the table of a resource is created from. Streams, backups, encryption, policies and
 * throughput change nothing in a test, so that the table does without them.
 */
export function readTableResource(
  { Type: type, Properties: given }: TableResource,
  name: string | undefined,
): { readonly input: CreateTableCommandInput; readonly ttlAttribute: string | undefined } {
  if (!types.includes(String(type)) || typeof given !== 'object' || given === null) {
    throw new InvalidInputError('resource', type, 'an AWS::DynamoDB::Table with Properties');
  }
  const properties = given as Properties;
  const unknown = Object.keys(properties).find((property) => !known.includes(property));
  if (unknown !== undefined) {
    throw new InvalidInputError(unknown, properties[unknown], 'a property of AWS::DynamoDB::Table');
  }
  const tableName = name ?? properties['TableName'];
  if (typeof tableName !== 'string') {
    const what = 'a text in the resource, or the second argument of createTable';
    throw new InvalidInputError('TableName', tableName, what);
  }
  const indexes = (field: string): readonly object[] | undefined =>
    listOf(properties, field)?.map((index, at) =>
      isFunction(index)
        ? refuse(`${field}[${at}]`, index)
        : Object.fromEntries(indexFields.map((each) => [each, index[each]])),
    );
  const [local, global] = [indexes('LocalSecondaryIndexes'), indexes('GlobalSecondaryIndexes')];
  const tags = listOf(properties, 'Tags');
  const ttl = properties['TimeToLiveSpecification'] as TimeToLiveSpecification | undefined;
  const isOn = String(ttl?.Enabled) === 'true';
  const defined = {
    KeySchema: properties['KeySchema'],
    AttributeDefinitions: properties['AttributeDefinitions'],
    ...(local?.length && { LocalSecondaryIndexes: local }),
    ...(global?.length && { GlobalSecondaryIndexes: global }),
  };
  checkResolved('', { ...defined, TimeToLiveSpecification: ttl });
  if (isOn) checkKeyText('TimeToLiveSpecification.AttributeName', ttl?.AttributeName ?? '', 255);
  return {
    input: {
      ...defined,
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      ...(String(properties['DeletionProtectionEnabled']) === 'true' && {
        DeletionProtectionEnabled: true,
      }),
      ...(tags && {
        Tags: tags.map(({ Key, Value }) => ({ Key: textOf(Key, 128), Value: textOf(Value, 256) })),
      }),
    } as CreateTableCommandInput,
    ttlAttribute: isOn ? ttl?.AttributeName : undefined,
  };
}

function listOf(properties: Properties, field: string): readonly Properties[] | undefined {
  const value = properties[field];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return refuse(field, value);
  return (value as (Properties | null)[]).map((each) => each ?? {});
}

function refuse(path: string, value: unknown): never {
  const allowed = 'what it comes to: nothing resolves a function of the template';
  throw new InvalidInputError(path, value, allowed, { isData: true });
}

/** Whether it is `{ Ref }`, `{ Condition }` or `{ 'Fn::Sub' }`. */
function isFunction(part: object): boolean {
  const [name = '', ...others] = Object.keys(part);
  return others.length === 0 && /^(Ref|Condition|Fn::\w+)$/.test(name);
}

/** Throws where the shape of the table depends on a function of the template. */
function checkResolved(path: string, part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if (isFunction(part)) refuse(path, part);
  for (const [name, each] of Object.entries(part)) {
    const step = Array.isArray(part) ? `[${name}]` : `${path && '.'}${name}`;
    checkResolved(path + step, each);
  }
}

/** A part of a tag may be an intrinsic function, which nobody resolves here. */
function textOf(part: unknown, lengthMax: number): unknown {
  return typeof part === 'object' ? JSON.stringify(part).slice(0, lengthMax) : part;
}
