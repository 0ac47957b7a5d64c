import type { AttributeValue, Item } from './attribute-value.js';
import { N, S } from './attribute-value.js';
import type { DynamoInput } from './transport.js';
import type { StoredValue, ValueAttributes } from './value-row.js';

/** Where a row is and how its attributes are called. */
export interface RowAddress {
  readonly tableName: string;
  readonly key: Item;
  readonly names: ValueAttributes;
}

/** What a write stores. */
export interface ValueWrite {
  readonly data: AttributeValue;
  readonly version: string;
  /** Whole seconds since 1970; `undefined` for a value that does not expire. */
  readonly expiresAt: number | undefined;
  /** Further attributes that the table keeps with each value. */
  readonly beside: Item;
}

/** A condition on the row, with its placeholders. */
export interface RowCondition {
  readonly expression: string;
  readonly values: Item;
}

/** There is no value, or only one that has expired. */
export function isAbsent(nowMs: number): RowCondition {
  return {
    expression: 'attribute_not_exists(#data) OR #expiresAt <= :now',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
  };
}

/** The value is still the one that was read, and has not expired. */
export function isUnchanged(
  { version, data }: Pick<StoredValue, 'version' | 'data'>,
  nowMs: number,
): RowCondition {
  const alive = '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)';
  const now = { ':now': N(Math.floor(nowMs / 1000)) };
  return version === undefined
    ? {
        // A row of the original's plain `set`: only the data itself tells whether it changed.
        expression: `attribute_not_exists(#version) AND #data = :read AND ${alive}`,
        values: { ':read': data, ...now },
      }
    : {
        expression: `#version = :read AND attribute_exists(#data) AND ${alive}`,
        values: { ':read': S(version), ...now },
      };
}

/** The whole row that a write stores where there was none. */
export function valueRow(
  { key, names }: RowAddress,
  { data, version, expiresAt, beside }: ValueWrite,
): Item {
  return {
    ...key,
    ...beside,
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

/**
 * Sets the value of a row, under a condition if there is one. An update, not a put: a counter that
 * shares the row survives.
 */
export function setValue(
  { tableName, key, names }: RowAddress,
  { data, version, expiresAt, beside }: ValueWrite,
  condition?: RowCondition,
): DynamoInput<'UpdateItem'> {
  const sets = ['#data = :data', '#version = :version'];
  const values: Item = { ':data': data, ':version': S(version), ...condition?.values };
  if (expiresAt !== undefined) {
    sets.push('#expiresAt = :expiresAt');
    values[':expiresAt'] = N(expiresAt);
  }
  const besideNames: Record<string, string> = {};
  for (const [name, value] of Object.entries(beside)) {
    besideNames[`#${name}`] = name;
    values[`:${name}`] = value;
    sets.push(`#${name} = :${name}`);
  }
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `SET ${sets.join(', ')}${expiresAt === undefined ? ' REMOVE #expiresAt' : ''}`,
    ...(condition && { ConditionExpression: condition.expression }),
    ExpressionAttributeNames: {
      '#data': names.data,
      '#version': names.version,
      '#expiresAt': names.expiresAt,
      ...besideNames,
    },
    ExpressionAttributeValues: values,
  };
}

/** Deletes a row that holds nothing but its value. */
export function deleteRow(
  { tableName, key }: RowAddress,
  sharedWith: readonly string[],
): DynamoInput<'DeleteItem'> {
  const guards = sharedWith.map((_, index) => `attribute_not_exists(#shared${index})`);
  if (guards.length === 0) return { TableName: tableName, Key: key };
  return {
    TableName: tableName,
    Key: key,
    ConditionExpression: guards.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      sharedWith.map((name, index) => [`#shared${index}`, name]),
    ),
  };
}

/** Takes the value out of a row that holds something else too. */
export function removeValue(
  { tableName, key, names }: RowAddress,
  beside: Item,
): DynamoInput<'UpdateItem'> {
  const all = [names.data, names.version, names.expiresAt, ...Object.keys(beside)];
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `REMOVE ${all.map((_, index) => `#gone${index}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(all.map((name, index) => [`#gone${index}`, name])),
  };
}
