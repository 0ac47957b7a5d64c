import type { AttributeValue, Item } from './attribute-value.js';
import { N, S } from './attribute-value.js';
import { registerParts, registerValues, valueRegisters } from './recent-ids.js';
import { expiredNames, hasBoth, hasRoom, isOnly } from './row-kinds.js';
import { tokenOf } from './token-id.js';
import type { DynamoInput } from './transport.js';
import { all, isPresent, ownedBy, ownerNames, type RowCondition } from './value-conditions.js';
import type { RowAddress } from './value-row.js';

/** What a write stores. */
export interface ValueWrite {
  readonly data: AttributeValue;
  /** What the row remembers the write by: an id, or the entry of a `TokenId`. */
  readonly version: string;
  /** Whole seconds since 1970; `undefined` for a value that does not expire. */
  readonly expiresAt: number | undefined;
  /** Whether the row keeps the expiry that it has, as there is no other. */
  readonly keepsExpiry?: boolean;
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

/** The largest row that `setValue()` makes of one that holds nothing else. */
export function fullRow(row: RowAddress, write: ValueWrite): Item {
  const ids = registers.map((name) => [name, S(write.version)]);
  return { ...Object.fromEntries(ids), ...valueRow(row, write) };
}

/**
 * Sets the value of a row that has room for it and does not remember the write, under a condition
 * if there is one. An update, not a put: the ids before it and a counter that shares the row stay.
 */
export function setValue(
  row: RowAddress,
  write: ValueWrite,
  condition?: RowCondition,
): DynamoInput<'UpdateItem'> {
  const { names, owner } = row;
  const bringsExpiry = write.expiresAt !== undefined;
  const { expression, values } = ownedBy(owner, {
    expression: all(condition?.expression, hasRoom('value', bringsExpiry), isNew(write)),
    values: condition?.values ?? {},
  });
  const removes = bringsExpiry || write.keepsExpiry === true ? '' : ' REMOVE #expiresAt';
  return updateOf(row, write, {
    update: `${setsOf(row, write)}${removes}`,
    condition: expression,
    names: {
      '#expiresAt': names.expiresAt,
      ...(bringsExpiry && { '#count': countName }),
      ...ownerNames(owner),
    },
    values,
  });
}

/**
 * Sets the value of a row that held something else until it expired. The row holds nothing but the
 * value and the remembered ids then.
 */
export function replaceExpired(
  row: RowAddress,
  write: ValueWrite,
  expired: Item,
): DynamoInput<'UpdateItem'> {
  const { key, names, owner } = row;
  const kept = Object.keys({ ...key, ...valueRow(row, write) });
  const dropped = expiredNames(expired, kept).map((name, index) => [`#old${index}`, name] as const);
  const removed = dropped.map(([place]) => place).join(', ');
  return updateOf(row, write, {
    update: [setsOf(row, write), ...(dropped.length === 0 ? [] : [removed])].join(' REMOVE '),
    condition: `#expiresAt = :expired AND ${isNew(write)}`,
    names: { '#expiresAt': names.expiresAt, ...Object.fromEntries(dropped), ...ownerNames(owner) },
    values: {
      ':expired': expired[names.expiresAt] as AttributeValue,
      ...(owner && { ':owner': S(owner.value) }),
    },
  });
}

/** Deletes a row that holds nothing but its value, and answers with it. */
export function deleteRow({ tableName, key, names, owner }: RowAddress): DynamoInput<'DeleteItem'> {
  const { expression, values } = ownedBy(owner, { expression: isOnly('value'), values: {} });
  return {
    TableName: tableName,
    Key: key,
    ReturnValues: 'ALL_OLD',
    ConditionExpression: expression,
    ExpressionAttributeNames: { '#data': names.data, '#count': countName, ...ownerNames(owner) },
    ...(owner && { ExpressionAttributeValues: values }),
  };
}

/** Takes the value and what is remembered of it out of a row that holds a count too. */
export function removeValue({
  tableName,
  key,
  names,
  owner,
}: RowAddress): DynamoInput<'UpdateItem'> {
  const { expression, values } = ownedBy(owner, { expression: hasBoth, values: {} });
  return {
    TableName: tableName,
    Key: key,
    ReturnValues: 'ALL_OLD',
    UpdateExpression: `REMOVE #data, #newest, ${registers.join(', ')}`,
    ConditionExpression: expression,
    ...(owner && { ExpressionAttributeValues: values }),
    ExpressionAttributeNames: {
      '#data': names.data,
      '#newest': names.version,
      '#count': countName,
      ...ownerNames(owner),
    },
  };
}

const countName = 'count';
/** The registers behind the version, whose name is the table's choice. */
const registers = /* @__PURE__ */ valueRegisters('').slice(1);
/** The same for every table, whatever the version is called: `#newest` stands for it. */
const memory = /* @__PURE__ */ registerParts(valueRegisters(''));

function isNew({ version }: ValueWrite): string {
  return tokenOf(version) === undefined ? memory.isNew : memory.isNewToken;
}

function setsOf({ owner }: RowAddress, { expiresAt }: ValueWrite): string {
  const sets = ['SET #data = :data', memory.shift];
  if (owner !== undefined) sets.push('#owner = :owner');
  if (expiresAt !== undefined) sets.push('#expiresAt = :expiresAt');
  return sets.join(', ');
}

function updateOf(
  { tableName, key, names }: RowAddress,
  { data, version, expiresAt }: ValueWrite,
  parts: {
    readonly update: string;
    readonly condition: string;
    readonly names: Readonly<Record<string, string>>;
    readonly values: Item;
  },
): DynamoInput<'UpdateItem'> {
  const token = tokenOf(version);
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: parts.update,
    ConditionExpression: parts.condition,
    ExpressionAttributeNames: { '#data': names.data, '#newest': names.version, ...parts.names },
    ExpressionAttributeValues: {
      ':data': data,
      ...registerValues(version),
      ...(token !== undefined && { ':token': S(token) }),
      ...(expiresAt !== undefined && { ':expiresAt': N(expiresAt) }),
      ...parts.values,
    },
  };
}
