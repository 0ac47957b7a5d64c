import { kindOf, noStructure, wrongKind, type Kind } from './wrong-kind.js';

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

/** Members of a map that are numbers of 64 bits. */
const isLong = (name: string): boolean => name.includes('Units');

/** Lists of texts; the others are lists of structures. */
const textLists: ReadonlySet<string> = new Set(['NonKeyAttributes', 'TagKeys']);

/** Maps that the caller makes up, by the type of what they hold. */
const mapTypes: ReadonlyMap<string, string> = new Map([
  ['ExpressionAttributeNames', 'java.lang.String'],
  ['RequestItems', 'com.amazonaws.dynamodb.v20120810.KeysAndAttributes'],
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
  if (Array.isArray(value)) {
    // What is not known here is refused by its name.
    if (!kinds.has(name)) return value;
    if (!textLists.has(name)) return mapChanged(value, acceptElement);
    for (const each of value) {
      if (each !== null && typeof each !== 'string') throw wrongKind('string', each);
    }
    return value;
  }
  // The names of tables are no fields: a table without requests is not absent.
  if (name !== 'RequestItems') return acceptInput(value);
  const entries = Object.entries(value);
  const accepted = entries.map(([, each]: [string, unknown]) =>
    Array.isArray(each) ? mapChanged(each, acceptElement) : each && acceptElement(each),
  );
  if (accepted.every((each, index) => each === entries[index]?.[1])) return value;
  return Object.fromEntries(entries.map(([table], index) => [table, accepted[index]]));
}

function acceptElement(element: unknown): unknown {
  // Without its members, as DynamoDB has it: it then says which one is missing.
  if (element === null || element === undefined) return {};
  if (typeof element !== 'object' || Array.isArray(element)) throw noStructure();
  return acceptInput(element);
}

function mapChanged(values: readonly unknown[], change: (value: unknown) => unknown): unknown {
  const changed = values.map(change);
  return changed.every((each, index) => each === values[index]) ? values : changed;
}

function checkKind(name: string, value: unknown): void {
  const kind = kinds.get(name);
  // `Delete` of a batch of indexes and of a transaction are structures, `Key` of a tag is a text.
  if (kind === undefined || value === undefined) return;
  // All numbers of requests are whole; those of 64 bits come as a bigint.
  const isFraction = typeof value === 'number' && !Number.isInteger(value);
  if (kindOf(value) !== kind || isFraction) throw wrongKind(kind, value, javaTypeOf(name, kind));
  if (name !== 'ExpressionAttributeNames') return;
  for (const each of Object.values(value as object)) {
    if (each !== null && each !== undefined && typeof each !== 'string') {
      throw wrongKind('string', each);
    }
  }
}

function javaTypeOf(name: string, kind: Kind): string | undefined {
  if (isLong(name)) return 'class java.lang.Long';
  const held = mapTypes.get(name);
  if (held !== undefined) return `java.util.Map<java.lang.String, ${held}>`;
  if (kind !== 'map' || opaque.has(name)) return undefined;
  return `class com.amazonaws.dynamodb.v20120810.${name}`;
}

function of(kind: Kind, names: readonly string[]): [string, Kind][] {
  return names.map((name) => [name, kind]);
}
