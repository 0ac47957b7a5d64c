import { N, S, type DynamoInput, type Item, type TransactItem } from '@x/dynamo-core';

import { counterAttributes, type OwnedKey } from './counter-row.js';
import { all, conditionOf, type Part } from './expression-parts.js';

/** Where a counter is. */
export interface CounterAddress extends OwnedKey {
  readonly tableName: string;
  /** The attributes of a value that may share the row, the value itself first. */
  readonly valueNames: readonly string[];
}

/** A change of a count. */
export interface CounterChange {
  /** Whether `amount` is added to the count or becomes the count. */
  readonly verb: 'add' | 'set';
  readonly amount: bigint;
  /** The counts that may be changed. A counter that does not exist is at 0. */
  readonly from: { readonly min: bigint; readonly max: bigint };
  /** What the row remembers the change by; `undefined` for a change that is not remembered. */
  readonly id: string | undefined;
  /** When the counter expires, in whole seconds since 1970; `undefined` leaves that as it is. */
  readonly expiresAt: number | undefined;
  /** Whether `expiresAt` replaces an expiry that the row has. */
  readonly renews: boolean;
}

/** The row that remembers a token for long. */
export interface Marker {
  readonly tableName: string;
  readonly key: Item;
  /** In whole seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Changes a count that is alive or does not exist, unless the row remembers the change. The new
 * count comes back, with the ids.
 */
export function changeCount(
  { tableName, key, owner }: CounterAddress,
  change: CounterChange,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  const update = updateOf(change, owner);
  const condition = all(isUnknown(change.id), isOwned(owner), isAlive(nowMs), isFromRange(change));
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: update.expression,
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: { ...update.names, ...condition.names },
    ExpressionAttributeValues: { ...update.values, ...condition.values },
    ReturnValues: 'UPDATED_NEW',
  };
}

/**
 * Makes a counter that begins with this change of an expired one, and takes the expired value out
 * of the row. Only the ids stay: a late copy of a change that the old counter had must not count in
 * the new one.
 */
export function startOver(
  { tableName, key, owner, valueNames }: CounterAddress,
  change: CounterChange,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  const update = updateOf({ ...change, verb: 'set', renews: true }, owner);
  const condition = all(isUnknown(change.id), isOwned(owner), isOver(nowMs));
  const gone = valueNames.map((_, index) => `#gone${index}`);
  if (change.expiresAt === undefined) gone.push('#expiresAt');
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: `${update.expression} REMOVE ${gone.join(', ')}`,
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: {
      ...update.names,
      ...condition.names,
      ...Object.fromEntries(valueNames.map((name, index) => [`#gone${index}`, name])),
    },
    ExpressionAttributeValues: { ...update.values, ...condition.values },
    ReturnValues: 'UPDATED_NEW',
  };
}

/** Puts a full set of ids aside, which forgets the one that was put aside before. */
export function turnSets(
  { tableName, key }: CounterAddress,
  setSize: number,
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: 'SET #prev = #cur REMOVE #cur',
    // Whoever turns a full set keeps the promise, so that a repeat of this does no harm.
    ConditionExpression: 'size(#cur) >= :full',
    ExpressionAttributeNames: idNames,
    ExpressionAttributeValues: { ':full': N(setSize) },
  };
}

/** A change of either kind together with the marker of its token: both or neither. */
export function countOnce(
  { ReturnValues: _notInTransactions, UpdateExpression, ...change }: DynamoInput<'UpdateItem'>,
  { tableName, key, expiresAt }: Marker,
  nowMs: number,
): TransactItem[] {
  const over = isOver(nowMs);
  const [keyName = ''] = Object.keys(key);
  return [
    { Update: { ...change, UpdateExpression, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
    {
      Put: {
        TableName: tableName,
        Item: { ...key, [counterAttributes.expiresAt]: N(expiresAt) },
        ConditionExpression: `attribute_not_exists(#key) OR ${over.expression}`,
        ExpressionAttributeNames: { ...over.names, '#key': keyName },
        ExpressionAttributeValues: over.values,
      },
    },
  ];
}

/** Deletes a row that holds no value beside the counter. */
export function deleteCounter({
  tableName,
  key,
  owner,
  valueNames,
}: CounterAddress): DynamoInput<'DeleteItem'> {
  const [valueName = ''] = valueNames;
  const hasNoValue = {
    expression: 'attribute_not_exists(#value)',
    names: { '#value': valueName },
    values: {},
  };
  return { TableName: tableName, Key: key, ...conditionOf(all(hasNoValue, isOwned(owner))) };
}

/** Takes the counter out of a row that holds a value too. Makes no row where there is none. */
export function removeCounter({
  tableName,
  key,
  owner,
}: CounterAddress): DynamoInput<'UpdateItem'> {
  const hasCount = {
    expression: 'attribute_exists(#count)',
    names: { ...countName, ...idNames },
    values: {},
  };
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: 'REMOVE #count, #cur, #prev',
    ...conditionOf(all(hasCount, isOwned(owner))),
  };
}

/** Reads one row, after all writes that were acknowledged where `consistent`. */
export function getCounter(
  { tableName, key }: CounterAddress,
  consistent: boolean,
): DynamoInput<'GetItem'> {
  return { TableName: tableName, Key: key, ConsistentRead: consistent };
}

const idNames = { '#cur': counterAttributes.cur, '#prev': counterAttributes.prev };
const countName = { '#count': counterAttributes.count };
const expiryName = { '#expiresAt': counterAttributes.expiresAt };
const ownerName = { '#ns': counterAttributes.namespace };

function updateOf(
  { verb, amount, id, expiresAt, renews }: CounterChange,
  owner: string | undefined,
): Part {
  const names: Record<string, string> = { ...countName };
  const values: Item = { ':amount': N(amount) };
  let sets = verb === 'set' ? ', #count = :amount' : '';
  let adds = verb === 'add' ? ', #count :amount' : '';
  if (owner !== undefined) {
    sets += ', #ns = :ns';
    Object.assign(names, ownerName);
    values[':ns'] = S(owner);
  }
  if (expiresAt !== undefined) {
    const kept = 'if_not_exists(#expiresAt, :expiresAt)';
    sets += `, #expiresAt = ${renews ? ':expiresAt' : kept}`;
    Object.assign(names, expiryName);
    values[':expiresAt'] = N(expiresAt);
  }
  if (id !== undefined) {
    adds += ', #cur :ids';
    Object.assign(names, idNames);
    values[':ids'] = { SS: [id] };
  }
  const clauses = [sets && `SET${sets.slice(1)}`, adds && `ADD${adds.slice(1)}`];
  return { expression: clauses.filter(Boolean).join(' '), names, values };
}

function isOwned(owner: string | undefined): Part | undefined {
  if (owner === undefined) return undefined;
  return {
    expression: '(attribute_not_exists(#ns) OR #ns = :ns)',
    names: ownerName,
    values: { ':ns': S(owner) },
  };
}

function isUnknown(id: string | undefined): Part | undefined {
  if (id === undefined) return undefined;
  return {
    expression: 'NOT contains(#cur, :id) AND NOT contains(#prev, :id)',
    names: idNames,
    values: { ':id': S(id) },
  };
}

function isAlive(nowMs: number): Part {
  return {
    expression: '(attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
    names: expiryName,
    values: nowValue(nowMs),
  };
}

function isOver(nowMs: number): Part {
  return { expression: '#expiresAt <= :now', names: expiryName, values: nowValue(nowMs) };
}

function isFromRange({ verb, from: { min, max } }: CounterChange): Part | undefined {
  if (verb === 'set') return undefined;
  const between = '#count BETWEEN :min AND :max';
  return {
    expression: min <= 0n && max >= 0n ? `(attribute_not_exists(#count) OR ${between})` : between,
    names: countName,
    values: { ':min': N(min), ':max': N(max) },
  };
}

function nowValue(nowMs: number): Item {
  return { ':now': N(Math.floor(nowMs / 1000)) };
}
