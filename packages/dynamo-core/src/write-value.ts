import type { Clock } from './clock.js';
import type { CallerKey } from './errors.js';
import type {
  CallOptions,
  DynamoInput,
  DynamoTransport,
  Item,
  AttributeValue,
} from './transport.js';
import { onFirstUse, writeConditionally, type ConditionalOutcome } from './send.js';
import { N, S, numberOf, stringOf } from './attributes.js';
import { type BatchKey, expirySeconds, type ExpiryOptions, isExpired } from './input-checks.js';
import { remembers, valueRegisters, registerParts } from './recent-ids.js';

const refusing = /* @__PURE__ */ onFirstUse(() => import('./refused-value.js'));

/** The names of the attributes in which a table keeps a value. */
export interface ValueAttributes {
  readonly data: string;
  /** Changes with each write of the value. */
  readonly version: string;
  readonly expiresAt: string;
}

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

/** A value as it is stored. */
export interface StoredValue {
  readonly data: AttributeValue;
  /** Absent on rows that were written by the original's plain `set`. */
  readonly version: string | undefined;
  /** In whole seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** The row of a value, and what it takes to write it. */
export interface ValueTarget extends RowAddress {
  readonly transport: DynamoTransport;
  readonly clock: Clock;
  /** The key, for errors. */
  readonly callerKey: CallerKey;
}

/** A write of a value whose expiry is counted from when it is sent. */
export interface ValueChange extends Omit<ValueWrite, 'expiresAt'> {
  readonly expiry: ExpiryOptions;
  /** Spares a read of a row that is not there, on engines that leave it out of the error. */
  readonly mayBeMissing?: boolean;
}

/** The write as it is sent now. */
export function writeNow({ clock }: Pick<ValueTarget, 'clock'>, change: ValueChange): ValueWrite {
  const { data, version, expiry, keepsExpiry, isNew } = change;
  return { data, version, expiresAt: expirySeconds(expiry, clock), keepsExpiry, isNew };
}

/** What a write demands of the value at the time that it is given. */
export type Demand = (nowMs: number) => RowCondition;

/** What became of a write: `item` is the existing row, which is not as the write demands. */
export type Written = { readonly isSet: true } | { isSet: false; item: Item | undefined };

/**
 * Writes a value. It is set, too, where the row remembers an earlier send of it. What has expired is
 * taken the place of, in a second request where it is another thing. Throws a `KeyCollisionError`
 * for a row that holds another thing or belongs to another namespace.
 */
export async function writeValue(
  target: ValueTarget,
  change: ValueChange,
  demand: Demand | undefined,
  { signal }: CallOptions,
): Promise<Written> {
  const input = (): DynamoInput<'UpdateItem'> =>
    setValue(target, writeNow(target, change), demand?.(target.clock.now()));
  const result = await sendValue(target, change, input, { signal });
  if (result.outcome !== 'refused') return { isSet: true };
  const { writeRefused } = await refusing();
  return writeRefused(target, change, demand, result.item, { signal });
}

/** Sends a write of a value, which recognises itself. */
export function sendValue(
  { transport, names, key }: ValueTarget,
  { version, mayBeMissing = false }: Pick<ValueChange, 'version' | 'mayBeMissing'>,
  input: () => DynamoInput<'UpdateItem'>,
  { signal }: CallOptions,
): Promise<ConditionalOutcome> {
  return writeConditionally(transport, 'UpdateItem', input, {
    isMine: (item) => remembers(item, valueRegisters(names.version), version),
    mustExist: mayBeMissing ? undefined : key,
    signal,
  });
}

/** A condition on the row, with the values of its placeholders. */
export interface Condition {
  readonly expression: string;
  readonly values: Item;
}

/** What a write demands of a value. */
export interface RowCondition extends Condition {
  /** Whether it holds for a value alone, or where there is none alone. */
  readonly demands: 'value' | 'absence';
}

/** There is no value, or only one that has expired. */
export function isAbsent(nowMs: number): RowCondition {
  return {
    expression: '(attribute_not_exists(#data) OR #expiresAt <= :now)',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demands: 'absence',
  };
}

/** The condition that the row is not another namespace's; `undefined` where there is none. */
export function isOwn({ owner }: Pick<RowAddress, 'owner'>): string | undefined {
  return owner && '(attribute_not_exists(#owner) OR #owner = :owner)';
}

/** All of the conditions that there are. */
export function all(...conditions: readonly (string | false | undefined)[]): string {
  return conditions.filter(Boolean).join(' AND ');
}

/**
 * The condition under which a value or a count may be written into a row that has not expired:
 * alone where the row expires, beside the other one where it does not. `#data`, `#count` and
 * `#expiresAt` stand for the attributes.
 */
export function hasRoom(own: 'value' | 'count', bringsExpiry: boolean): string {
  const [mine, other] = own === 'value' ? ['#data', '#count'] : ['#count', '#data'];
  const ownExpiry = `(attribute_not_exists(#expiresAt) OR attribute_exists(${mine}))`;
  return bringsExpiry ? `attribute_not_exists(${other}) AND ${ownExpiry}` : ownExpiry;
}

/** What a write stores. */
export interface ValueWrite {
  readonly data: AttributeValue;
  /** What the row remembers the write by: an id, or the entry of a `TokenId`. */
  readonly version: string;
  /** Whole seconds since 1970; `undefined` for a value that does not expire. */
  readonly expiresAt: number | undefined;
  /** Whether the row keeps the expiry that it has, as there is no other. */
  readonly keepsExpiry?: boolean | undefined;
  /** How the row is asked whether it remembers the write, where that came with a token. */
  readonly isNew?: Condition | undefined;
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
  const bringsExpiry = write.expiresAt !== undefined;
  const removes = bringsExpiry || write.keepsExpiry === true ? '' : ' REMOVE #expiresAt';
  const room = hasRoom('value', bringsExpiry);
  return updateOf(row, write, {
    update: `${setsOf(row, write)}${removes}`,
    condition: all(condition?.expression, room, isNew(write), isOwn(row)),
    names: bringsExpiry ? { '#count': countName } : undefined,
    values: condition?.values,
  });
}

/** The condition that the row does not remember the write. */
export function isNew(write: ValueWrite): string {
  return write.isNew?.expression ?? memory.isNew;
}

/** The clause of an update that stores a value. */
export function setsOf({ owner }: RowAddress, { expiresAt }: ValueWrite): string {
  const sets = ['SET #data = :data', memory.shift];
  if (owner !== undefined) sets.push('#owner = :owner');
  if (expiresAt !== undefined) sets.push('#expiresAt = :expiresAt');
  return sets.join(', ');
}

/** An update of the row. By hand, as most writes pass here: to look for what the expressions use takes ten times as long. */
export function updateOf(
  { tableName, key, names, owner }: RowAddress,
  { data, version, expiresAt, isNew }: ValueWrite,
  parts: {
    readonly update: string;
    readonly condition: string;
    readonly names: Readonly<Record<string, string>> | undefined;
    readonly values: Item | undefined;
  },
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: key,
    UpdateExpression: parts.update,
    ConditionExpression: parts.condition,
    ExpressionAttributeNames: {
      '#data': names.data,
      '#newest': names.version,
      '#expiresAt': names.expiresAt,
      ...(owner && { '#owner': owner.name }),
      ...parts.names,
    },
    ExpressionAttributeValues: {
      ':data': data,
      ':id': S(version),
      ':none': S(''),
      ...isNew?.values,
      ...(expiresAt !== undefined && { ':expiresAt': N(expiresAt) }),
      ...(owner && { ':owner': S(owner.value) }),
      ...parts.values,
    },
  };
}

/**
 * The value in a row; `undefined` when there is no row, no value in it, an expired one, or one of
 * another namespace.
 */
export function storedValue(
  item: Item | undefined,
  { names, owner }: Pick<RowAddress, 'names' | 'owner'>,
  nowMs: number,
): StoredValue | undefined {
  const data = item?.[names.data];
  const expiresAt = numberOf(item, names.expiresAt);
  if (data === undefined || isExpired(expiresAt, nowMs)) return undefined;
  if (otherOwner(item, owner) !== undefined) return undefined;
  return { data, version: stringOf(item, names.version), expiresAt };
}

/** The namespace of a row that is not the own one. */
export function otherOwner(
  item: Item | undefined,
  owner: RowOwner | undefined,
): string | undefined {
  const actual = owner && stringOf(item, owner.name);
  return actual === owner?.value ? undefined : actual;
}

/** What may share a row with a value: the counter of the same key. */
export const countName = 'count';

/** The same for every table: `#newest` stands for the name of the version. */
const memory = /* @__PURE__ */ registerParts(/* @__PURE__ */ valueRegisters(''));

/** Where the row of a key is, and what it takes to read and to write it. */
export function locate<K, R extends { readonly address: (key: K) => BatchKey }>(
  rows: R,
  id: K,
): R & Required<BatchKey> {
  const { key, displayKey, callerKey = displayKey } = rows.address(id);
  // A spread takes longer than all the rest of a call.
  return Object.assign({ key, displayKey, callerKey }, rows);
}
