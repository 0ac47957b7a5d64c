import { N, S, type AttributeValue, type DynamoInput, type Item } from '@x/dynamo-core';
import { filledIn } from '@x/dynamo-core/mechanism';

/** What the attributes of a record are called, as Powertools names these options. */
export interface RecordAttributes {
  /** The partition key. @default 'id' */
  readonly keyAttr: string;
  /** @default 'status' */
  readonly statusAttr: string;
  /** @default 'expiration' */
  readonly expiryAttr: string;
  /** @default 'in_progress_expiration' */
  readonly inProgressExpiryAttr: string;
  /** @default 'data' */
  readonly dataAttr: string;
  /** @default 'validation' */
  readonly validationKeyAttr: string;
}

/** The table of the records. */
export interface RecordTable {
  readonly tableName: string;
  readonly names: RecordAttributes;
  /** Where the table has a sort key: what it is called, and the partition that all records are in. */
  readonly sort?: { readonly name: string; readonly partition: string } | undefined;
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

/** Where the record of a key is. */
export function keyOf({ names, sort }: RecordTable, key: string): Item {
  if (sort === undefined) return { [names.keyAttr]: S(key) };
  return { [names.keyAttr]: S(sort.partition), [sort.name]: S(key) };
}

/** Claims a key that has no record, or one that has expired or whose invocation has run out of time. */
export function putRecord(
  table: RecordTable,
  key: string,
  { owner, values, nowMs }: { owner: string; values: RecordValues; nowMs: number },
): DynamoInput<'PutItem'> {
  const { tableName, names } = table;
  const request = {
    TableName: tableName,
    Item: { ...keyOf(table, key), ...itemOf(names, values), [ownerName]: S(owner) },
    ConditionExpression:
      'attribute_not_exists(#key) OR #expiry < :now OR ' +
      '(#status = :inProgress AND attribute_exists(#inProgressExpiry) AND #inProgressExpiry < :ms)',
  };
  const places = {
    '#key': names.keyAttr,
    '#expiry': names.expiryAttr,
    '#status': names.statusAttr,
    '#inProgressExpiry': names.inProgressExpiryAttr,
  };
  return filledIn(request, places, {
    ':now': N(nowMs / 1000),
    ':ms': N(nowMs),
    ':inProgress': S('INPROGRESS'),
  });
}

/** Completes a record, of its owner where there is one. Sent again, it changes nothing. */
export function updateRecord(
  table: RecordTable,
  key: string,
  { owner, values }: { owner: string | undefined; values: RecordValues },
): DynamoInput<'UpdateItem'> {
  const item = Object.entries(itemOf(table.names, values));
  const sets = item.map((_, index) => `#n${index} = :v${index}`);
  return filledIn(
    { UpdateExpression: `SET ${sets.join(', ')}`, ...ofOwner(table, key, owner) },
    {
      ...Object.fromEntries(item.map(([name], index) => [`#n${index}`, name])),
      '#owner': ownerName,
    },
    {
      ...Object.fromEntries(item.map(([, value], index) => [`:v${index}`, value])),
      ':owner': S(owner ?? ''),
    },
  );
}

/** Removes a record, of its owner where there is one. */
export function deleteRecord(
  table: RecordTable,
  key: string,
  owner: string | undefined,
): DynamoInput<'DeleteItem'> {
  const request = ofOwner(table, key, owner);
  return filledIn(request, { '#owner': ownerName }, { ':owner': S(owner ?? '') });
}

function ofOwner(table: RecordTable, key: string, owner: string | undefined) {
  const ConditionExpression = owner === undefined ? undefined : '#owner = :owner';
  return { TableName: table.tableName, Key: keyOf(table, key), ConditionExpression };
}

/** Reads a record as it is now. */
export function getRecord(table: RecordTable, key: string): DynamoInput<'GetItem'> {
  return { TableName: table.tableName, Key: keyOf(table, key), ConsistentRead: true };
}

function itemOf(
  names: RecordAttributes,
  { status, expiry, inProgressExpiryMs, data, validation }: RecordValues,
): Item {
  return {
    [names.statusAttr]: S(status),
    ...(expiry !== undefined && { [names.expiryAttr]: N(expiry) }),
    ...(inProgressExpiryMs !== undefined && {
      [names.inProgressExpiryAttr]: N(inProgressExpiryMs),
    }),
    ...(data !== undefined && { [names.dataAttr]: data }),
    ...(validation !== undefined && { [names.validationKeyAttr]: S(validation) }),
  };
}
