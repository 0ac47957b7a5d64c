import type { AttributeValue, Item } from './attribute-value.js';
import { N, S } from './attribute-value.js';
import type { DynamoInput } from './transport.js';
import type { StoredValue, ValueAttributes } from './value-row.js';

/** Where a row is and how its attributes are called. */
export interface RowAddress {
  readonly tableName: string;
  readonly key: Item;
  readonly names: ValueAttributes;
  readonly owner?: RowOwner | undefined;
}

/**
 * The namespace of a row, kept in an attribute, because keys alone are ambiguous: `a` + `b.c` and
 * `a.b` + `c` meet in one. The original's rows have none; they belong to whoever has the key.
 */
export interface RowOwner {
  readonly name: string;
  readonly value: string;
}

/** What a write stores. */
export interface ValueWrite {
  readonly data: AttributeValue;
  readonly version: string;
  /** Whole seconds since 1970; `undefined` for a value that does not expire. */
  readonly expiresAt: number | undefined;
}

/** A condition on the row, with the values of its placeholders. */
export interface RowCondition {
  readonly expression: string;
  readonly values: Item;
  /** Whether it fails where there is no row at all. */
  readonly demandsRow: boolean;
}

/** There is no value, or only one that has expired. */
export function isAbsent(nowMs: number): RowCondition {
  return {
    expression: '(attribute_not_exists(#data) OR #expiresAt <= :now)',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demandsRow: false,
  };
}

/** There is a value, and it has not expired. */
export function isPresent(nowMs: number): RowCondition {
  return {
    expression:
      'attribute_exists(#data) AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demandsRow: true,
  };
}

/** The value is still the one that was read, and has not expired. */
export function isUnchanged(
  { version, data }: Pick<StoredValue, 'version' | 'data'>,
  nowMs: number,
): RowCondition {
  const present = isPresent(nowMs);
  // On a row of the original's plain `set`, only the data itself tells whether it changed.
  const same = version === undefined ? 'attribute_not_exists(#version) AND #data' : '#version';
  return {
    expression: `${same} = :read AND ${present.expression}`,
    values: { ':read': version === undefined ? data : S(version), ...present.values },
    demandsRow: true,
  };
}

/** The whole row that a write stores where there was none. */
export function valueRow(
  { key, names, owner }: RowAddress,
  { data, version, expiresAt }: ValueWrite,
): Item {
  return {
    ...key,
    ...(owner && { [owner.name]: S(owner.value) }),
    [names.data]: data,
    [names.version]: S(version),
    ...(expiresAt !== undefined && { [names.expiresAt]: N(expiresAt) }),
  };
}

/** Reads one row whole. */
export function getRow(
  { tableName, key }: RowAddress,
  consistent: boolean,
): DynamoInput<'GetItem'> {
  return { TableName: tableName, Key: key, ConsistentRead: consistent };
}

/** Asks whether there is a value, without having it sent: a Query that only counts. */
export function countValue(
  { tableName, key, names, owner }: RowAddress,
  nowMs: number,
  consistent: boolean,
): DynamoInput<'Query'> {
  const keys = Object.entries(key);
  const condition = ownedBy(owner, isPresent(nowMs));
  return {
    TableName: tableName,
    Select: 'COUNT',
    ConsistentRead: consistent,
    KeyConditionExpression: keys.map((_, index) => `#key${index} = :key${index}`).join(' AND '),
    FilterExpression: condition.expression,
    ExpressionAttributeNames: {
      ...Object.fromEntries(keys.map(([name], index) => [`#key${index}`, name])),
      '#data': names.data,
      '#expiresAt': names.expiresAt,
      ...ownerNames(owner),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(keys.map(([, value], index) => [`:key${index}`, value])),
      ...condition.values,
    },
  };
}

/**
 * Sets the value of a row, under a condition if there is one. An update, not a put: a counter that
 * shares the row survives.
 */
export function setValue(
  { tableName, key, names, owner }: RowAddress,
  { data, version, expiresAt }: ValueWrite,
  condition?: RowCondition,
): DynamoInput<'UpdateItem'> {
  const { expression, values } = ownedBy(owner, condition);
  const sets = ['#data = :data', '#version = :version'];
  if (owner !== undefined) sets.push('#owner = :owner');
  if (expiresAt !== undefined) sets.push('#expiresAt = :expiresAt');
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `SET ${sets.join(', ')}${expiresAt === undefined ? ' REMOVE #expiresAt' : ''}`,
    ...(expression !== '' && { ConditionExpression: expression }),
    ExpressionAttributeNames: {
      '#data': names.data,
      '#version': names.version,
      '#expiresAt': names.expiresAt,
      ...ownerNames(owner),
    },
    ExpressionAttributeValues: {
      ':data': data,
      ':version': S(version),
      ...(expiresAt !== undefined && { ':expiresAt': N(expiresAt) }),
      ...values,
    },
  };
}

/** Deletes a row that holds nothing but its value. */
export function deleteRow(
  { tableName, key, owner }: RowAddress,
  sharedWith: readonly string[],
): DynamoInput<'DeleteItem'> {
  const alone = sharedWith.map((_, index) => `attribute_not_exists(#shared${index})`);
  const { expression, values } = ownedBy(owner, { ...none, expression: alone.join(' AND ') });
  const shared = sharedWith.map((name, index) => [`#shared${index}`, name] as const);
  return {
    TableName: tableName,
    Key: key,
    ...(expression !== '' && {
      ConditionExpression: expression,
      ExpressionAttributeNames: { ...Object.fromEntries(shared), ...ownerNames(owner) },
    }),
    ...(owner && { ExpressionAttributeValues: values }),
  };
}

/** Takes the value out of a row that holds something else too, if it is still there. */
export function removeValue({
  tableName,
  key,
  names,
  owner,
}: RowAddress): DynamoInput<'UpdateItem'> {
  // Without a condition, an update of a row that is gone by now would make an empty one.
  const { expression, values } = ownedBy(owner, { ...none, expression: 'attribute_exists(#data)' });
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `REMOVE #data, #version, #expiresAt${owner ? ', #owner' : ''}`,
    ConditionExpression: expression,
    ...(owner && { ExpressionAttributeValues: values }),
    ExpressionAttributeNames: {
      '#data': names.data,
      '#version': names.version,
      '#expiresAt': names.expiresAt,
      ...ownerNames(owner),
    },
  };
}

const none: RowCondition = { expression: '', values: {}, demandsRow: false };

/** The condition, and that the row is not another namespace's. */
function ownedBy(owner: RowOwner | undefined, condition: RowCondition = none): RowCondition {
  if (owner === undefined) return condition;
  const mine = '(attribute_not_exists(#owner) OR #owner = :owner)';
  return {
    ...condition,
    expression: condition.expression === '' ? mine : `${condition.expression} AND ${mine}`,
    values: { ...condition.values, ':owner': S(owner.value) },
  };
}

function ownerNames(owner: RowOwner | undefined): Record<string, string> {
  return owner === undefined ? {} : { '#owner': owner.name };
}
