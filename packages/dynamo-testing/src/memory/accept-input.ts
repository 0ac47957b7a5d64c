import { serializationError } from './service-errors.js';

type Kind = 'string' | 'number' | 'boolean' | 'list' | 'map';

/** What the members of DynamoDB's requests are, by their names: one name is the same everywhere. */
const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...of('string', [
    'TableName',
    'IndexName',
    'AttributeName',
    'AttributeType',
    'KeyType',
    'ProjectionType',
    'BillingMode',
    'ConditionExpression',
    'FilterExpression',
    'KeyConditionExpression',
    'ProjectionExpression',
    'UpdateExpression',
    'ReturnConsumedCapacity',
    'ReturnValues',
    'ReturnItemCollectionMetrics',
    'ReturnValuesOnConditionCheckFailure',
    'ClientRequestToken',
    'Select',
    'ExclusiveStartTableName',
    'ResourceArn',
    'TableClass',
    'NextToken',
  ]),
  ...of('number', [
    'Limit',
    'Segment',
    'TotalSegments',
    'ReadCapacityUnits',
    'WriteCapacityUnits',
    'MaxReadRequestUnits',
    'MaxWriteRequestUnits',
    'ReadUnitsPerSecond',
    'WriteUnitsPerSecond',
  ]),
  ...of('boolean', [
    'ConsistentRead',
    'ScanIndexForward',
    'Enabled',
    'StreamEnabled',
    'DeletionProtectionEnabled',
  ]),
  ...of('list', [
    'KeySchema',
    'AttributeDefinitions',
    'GlobalSecondaryIndexes',
    'LocalSecondaryIndexes',
    'GlobalSecondaryIndexUpdates',
    'NonKeyAttributes',
    'TransactItems',
    'Keys',
    'Tags',
    'TagKeys',
  ]),
  ...of('map', [
    'Item',
    'ExclusiveStartKey',
    'ExpressionAttributeNames',
    'ExpressionAttributeValues',
    'RequestItems',
    'Put',
    'Delete',
    'Update',
    'Create',
    'ConditionCheck',
    'Get',
    'PutRequest',
    'DeleteRequest',
    'ProvisionedThroughput',
    'OnDemandThroughput',
    'WarmThroughput',
    'Projection',
    'TimeToLiveSpecification',
    'StreamSpecification',
    'SSESpecification',
  ]),
]);

/** These hold attributes, or names that the caller chose: what is in them is checked elsewhere. */
const opaque: ReadonlySet<string> = new Set([
  'Item',
  'Key',
  'Keys',
  'ExclusiveStartKey',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
]);

/**
 * A request without its `null` members, which count as absent, as in the SDK and in the protocol.
 * A member of another type than DynamoDB's model has is refused, as its parser does. The request
 * itself is left as it is; it is copied only where there is something to leave out.
 */
export function acceptInput<T extends object>(input: T): T {
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(input)) {
    if (value === null) {
      copy ??= { ...(input as Record<string, unknown>) };
      delete copy[name];
      continue;
    }
    checkKind(name, value);
    if (typeof value !== 'object' || opaque.has(name)) continue;
    const accepted = acceptMember(name, value as object);
    if (accepted === value) continue;
    copy ??= { ...(input as Record<string, unknown>) };
    copy[name] = accepted;
  }
  return (copy as T | undefined) ?? input;
}

function acceptMember(name: string, value: object): unknown {
  if (Array.isArray(value)) return mapChanged(value, acceptElement);
  // The names of tables are no fields: a table without requests is not absent.
  if (name !== 'RequestItems') return acceptInput(value);
  const entries = Object.entries(value);
  const accepted = entries.map(([, each]: [string, unknown]) =>
    Array.isArray(each) ? mapChanged(each, acceptElement) : acceptElement(each),
  );
  if (accepted.every((each, index) => each === entries[index]?.[1])) return value;
  return Object.fromEntries(entries.map(([table], index) => [table, accepted[index]]));
}

function acceptElement(element: unknown): unknown {
  const isStructure = typeof element === 'object' && element !== null && !Array.isArray(element);
  return isStructure ? acceptInput(element) : element;
}

function mapChanged(values: readonly unknown[], change: (value: unknown) => unknown): unknown {
  const changed = values.map(change);
  return changed.every((each, index) => each === values[index]) ? values : changed;
}

function checkKind(name: string, value: unknown): void {
  const kind = kinds.get(name);
  // `Delete` of a batch of indexes and of a transaction are structures, `Key` of a tag is a text.
  if (kind === undefined || value === undefined || kindOf(value) === kind) return;
  if (kind === 'number' && typeof value === 'bigint') return;
  throw serializationError(problemOf(kind, value));
}

function problemOf(kind: Kind, value: unknown): string {
  const given = kindOf(value);
  if (kind === 'map' && given === 'list') return 'Unrecognized collection type java.util.Map';
  if (kind === 'map') return 'Unexpected field type';
  if (given === 'map' || given === 'list') {
    return kind === 'list' && given === 'list'
      ? 'Unexpected field type'
      : 'Start of structure or map found where not expected';
  }
  if (kind === 'list' || kind === 'boolean') return 'Unexpected token received from parser';
  const token = { string: 'STRING', number: 'NUMBER', boolean: String(value).toUpperCase() }[given];
  return `${token}_VALUE cannot be converted to ${kind === 'string' ? 'String' : 'Integer'}`;
}

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'string' || typeof value === 'boolean') {
    return typeof value as 'string' | 'boolean';
  }
  return 'map';
}

function of(kind: Kind, names: readonly string[]): [string, Kind][] {
  return names.map((name) => [name, kind]);
}
