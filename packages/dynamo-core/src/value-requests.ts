import type { DynamoInput, CallOptions, Item, AttributeValue } from './transport.js';
import { S, stringOf, type Codec } from './attributes.js';
import { registers, removeValue } from './get-or-set-requests.js';
import { checkItemSize } from './item-size.js';
import { readItem, send, writeConditionally } from './send.js';
import { ConflictError } from './write-errors.js';
import { triesMax, valueRow } from './refused-value.js';
import {
  all,
  isOwn,
  writeValue,
  type Demand,
  type ValueTarget,
  storedValue,
  countName,
  type ValueWrite,
  type RowAddress,
  type StoredValue,
} from './write-value.js';
import { isOnly } from './row-kinds.js';
import { filledIn, rowNames, rowRequest } from './row-requests.js';
import { isPresent, isUnchanged, type ExpectedValue } from './value-conditions.js';
import type { PreparedValue, ValueStore } from './value-options.js';
import { InvalidInputError, type CallerKey } from './errors.js';
import { digestOf } from './token-id.js';

/** Asks whether there is a value (or a count), without having it sent: a Query that only counts. */
export function countValue(
  row: RowAddress & Pick<ValueStore<never>, 'hasCounts'>,
  nowMs: number,
  consistent: boolean,
): DynamoInput<'Query'> {
  const keys = Object.entries(row.key);
  const condition = isPresent(nowMs, row.hasCounts);
  return filledIn(
    {
      TableName: row.tableName,
      Select: 'COUNT',
      ConsistentRead: consistent,
      KeyConditionExpression: keys.map((_, index) => `#key${index} = :key${index}`).join(' AND '),
      FilterExpression: all(condition.expression, isOwn(row)),
    },
    {
      ...rowNames(row),
      ...Object.fromEntries(keys.map(([name], index) => [`#key${index}`, name])),
    },
    {
      ...condition.values,
      ...Object.fromEntries(keys.map(([, value], index) => [`:key${index}`, value])),
      ':owner': row.owner && S(row.owner.value),
    },
  );
}

/** Whether there is a value (or a count): see `countValue`. */
export async function isThere(
  row: ValueTarget & Pick<ValueStore<never>, 'hasCounts'>,
  consistent: boolean,
  options: CallOptions,
): Promise<boolean> {
  const input = (): DynamoInput<'Query'> => countValue(row, row.clock.now(), consistent);
  return ((await send(row.transport, 'Query', input, options)).Count ?? 0) > 0;
}

/** Deletes a row that holds nothing but its value, which nobody computes, and answers with it. */
export function deleteRow(row: RowAddress): DynamoInput<'DeleteItem'> {
  const alone = `${isOnly('value')} AND attribute_not_exists(claim)`;
  const ConditionExpression = all(alone, isOwn(row));
  return rowRequest(row, { ReturnValues: 'ALL_OLD', ConditionExpression });
}

/**
 * Removes the value of a row, if there is one, and says whether there was: one that has expired is
 * none. A count that shares the row stays.
 */
export async function deleteValue(target: ValueTarget, options: CallOptions): Promise<boolean> {
  const { transport, clock } = target;
  const had = (item: Item | undefined, nowMs: number): boolean =>
    storedValue(item, target, nowMs) !== undefined;
  for (let tries = 0; tries < triesMax; tries++) {
    const alone = await writeConditionally(transport, 'DeleteItem', deleteRow(target), options);
    if (alone.outcome === 'applied') return had(alone.item, clock.now());
    // Not by the time: an expired value may be deleted, too.
    if (!had(alone.item, 0)) return false;
    // A count is there, or somebody computes the value. Either may come and go in between: neither
    // request leaves an empty row.
    const claim = alone.item?.[countName] ? undefined : stringOf(alone.item, 'claim');
    // Revoked before, and nothing was set since.
    if (claim?.endsWith('~') && !had(alone.item, clock.now())) return false;
    const input = removeValue(target, claim, clock.now());
    const part = await writeConditionally(transport, 'UpdateItem', input, options);
    if (part.outcome === 'applied') return had(part.item, clock.now());
  }
  throw new ConflictError(target.callerKey, triesMax);
}

/**
 * What a version token demands of the row. One consistent GetItem for the digest of a row of the
 * original, which is compared here, and none for others.
 */
export async function expectedValue(
  target: ValueTarget,
  token: string,
  { signal }: CallOptions,
): Promise<ExpectedValue> {
  const version = fromVersionToken('version', token);
  if (version !== undefined) return { version };
  const item = await readItem(target, true, { signal });
  const stored = storedValue(item, target, target.clock.now());
  // No row has a digest as its version: the condition fails on what has changed.
  return stored !== undefined && versionToken(stored) === token ? stored : { version: token };
}

/** Writes a value where the row is still of a version: the new one, `undefined` where it is not. */
export async function setIfVersion(
  { target, write }: PreparedValue,
  version: string,
  options: CallOptions,
): Promise<string | undefined> {
  const expected = await expectedValue(target, version, options);
  const demand: Demand = (nowMs) => isUnchanged(expected, nowMs);
  const kept = { ...write, keepsExpiry: true, mayBeMissing: true };
  const { isSet } = await writeValue(target, kept, demand, options);
  return isSet ? `id:${write.version}` : undefined;
}

/** The largest row that `setValue()` makes of one that holds nothing else. */
export function fullRow(row: RowAddress, write: ValueWrite): Item {
  const ids = registers.map((name) => [name, S(write.version)]);
  return { ...Object.fromEntries(ids), ...valueRow(row, write) };
}

/** Throws an `ItemTooLargeError` for a value that does not fit into its row. Short ones do. */
export function checkRowSize(
  row: RowAddress & Pick<ValueTarget, 'callerKey'>,
  write: ValueWrite,
): void {
  checkItemSize(row.callerKey, fullRow(row, write));
}

/**
 * What a caller holds to say "only if it is still this one": the version, or a digest of the data
 * of a row without one. A plain string that can travel: it shows nothing of what is stored.
 */
export function versionToken({ version, data }: Omit<StoredValue, 'expiresAt'>): string {
  return version === undefined ? `data:${digestOf(data)}` : `id:${version}`;
}

/**
 * The version that a token stands for; `undefined` for a digest of data. Throws an
 * `InvalidInputError` for what is no token.
 */
export function fromVersionToken(field: string, token: string): string | undefined {
  if (typeof token === 'string' && /^data:[\w-]{43}$/.test(token)) return undefined;
  if (typeof token === 'string' && token.startsWith('id:')) return token.slice('id:'.length);
  // Who mistakes the order of the arguments passes the value.
  throw new InvalidInputError(field, token, 'the version of an entry that was read', {
    isData: true,
  });
}

/** Throws where the change returned nothing for a value that it has changed in place. */
export async function checkUntouched(
  { codec, callerKey }: { readonly codec: Codec; readonly callerKey: CallerKey },
  stored: StoredValue,
  current: unknown,
): Promise<void> {
  const before = await codec.encode(await codec.decode(stored.data, callerKey), callerKey);
  if (isSameData(await codec.encode(current, callerKey), before)) return;
  const allowed = 'the value that it changed in place, as nothing else is stored';
  throw new InvalidInputError('what the change returns', undefined, allowed);
}

/** Whether two attributes store the same; a `Buffer` is the `Uint8Array` of its bytes. */
export function isSameData(one: AttributeValue, other: AttributeValue | undefined): boolean {
  if (other === undefined) return false;
  return one.S === undefined ? digestOf(one) === digestOf(other) : one.S === other.S;
}
