import { N, S, type AttributeValue, type DynamoInput, type Item } from '@x/dynamo-core';

/** What the attributes of a record are called. */
export interface RecordAttributes {
  readonly key: string;
  readonly status: string;
  readonly expiry: string;
  readonly inProgressExpiry: string;
  readonly data: string;
  readonly validation: string;
}

/** The table of the records. */
export interface RecordTable {
  readonly tableName: string;
  readonly names: RecordAttributes;
}

/** What a record stores; absent attributes are left as they are. */
export interface RecordValues {
  readonly status: string;
  /** In seconds since 1970. */
  readonly expiry: number | undefined;
  readonly inProgressExpiryMs?: number | undefined;
  readonly data?: AttributeValue | undefined;
  readonly validation?: string | undefined;
}

/** Who may complete a record: Powertools knows no such attribute, and leaves it alone. */
export const ownerName = 'ownerId';

/** Claims a key that has no record, or one that has expired or whose invocation has run out of time. */
export function putRecord(
  { tableName, names }: RecordTable,
  {
    key,
    owner,
    values,
    nowMs,
  }: { key: string; owner: string; values: RecordValues; nowMs: number },
): DynamoInput<'PutItem'> {
  return {
    TableName: tableName,
    Item: { [names.key]: S(key), ...itemOf(names, values), [ownerName]: S(owner) },
    ConditionExpression:
      'attribute_not_exists(#key) OR #expiry < :now OR ' +
      '(#status = :inProgress AND attribute_exists(#inProgressExpiry) AND #inProgressExpiry < :nowMs)',
    ExpressionAttributeNames: {
      '#key': names.key,
      '#expiry': names.expiry,
      '#status': names.status,
      '#inProgressExpiry': names.inProgressExpiry,
    },
    ExpressionAttributeValues: {
      ':now': N(nowMs / 1000),
      ':nowMs': N(nowMs),
      ':inProgress': S('INPROGRESS'),
    },
  };
}

/** Completes a record of its owner. Sent again, it changes nothing. */
export function updateRecord(
  { tableName, names }: RecordTable,
  { key, owner, values }: { key: string; owner: string | undefined; values: RecordValues },
): DynamoInput<'UpdateItem'> {
  const item = Object.entries(itemOf(names, values));
  return {
    TableName: tableName,
    Key: { [names.key]: S(key) },
    UpdateExpression: `SET ${item.map((_, index) => `#n${index} = :v${index}`).join(', ')}`,
    ...(owner !== undefined && { ConditionExpression: '#owner = :owner' }),
    ExpressionAttributeNames: {
      ...Object.fromEntries(item.map(([name], index) => [`#n${index}`, name])),
      ...(owner !== undefined && { '#owner': ownerName }),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(item.map(([, value], index) => [`:v${index}`, value])),
      ...(owner !== undefined && { ':owner': S(owner) }),
    },
  };
}

/** Removes a record of its owner. */
export function deleteRecord(
  { tableName, names }: RecordTable,
  { key, owner }: { key: string; owner: string | undefined },
): DynamoInput<'DeleteItem'> {
  return {
    TableName: tableName,
    Key: { [names.key]: S(key) },
    ...(owner !== undefined && {
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': ownerName },
      ExpressionAttributeValues: { ':owner': S(owner) },
    }),
  };
}

/** Reads a record as it is now. */
export function getRecord({ tableName, names }: RecordTable, key: string): DynamoInput<'GetItem'> {
  return { TableName: tableName, Key: { [names.key]: S(key) }, ConsistentRead: true };
}

function itemOf(
  names: RecordAttributes,
  { status, expiry, inProgressExpiryMs, data, validation }: RecordValues,
): Item {
  return {
    [names.status]: S(status),
    ...(expiry !== undefined && { [names.expiry]: N(expiry) }),
    ...(inProgressExpiryMs !== undefined && { [names.inProgressExpiry]: N(inProgressExpiryMs) }),
    ...(data !== undefined && { [names.data]: data }),
    ...(validation !== undefined && { [names.validation]: S(validation) }),
  };
}
