import {
  InvalidInputError,
  jsonCodec,
  S,
  TokenReusedError,
  type CallOptions,
  type Item,
  type TransactItem,
} from '@x/dynamo-core';
import {
  batchGet,
  cancellationReasons,
  checkInteger,
  digestOf,
  errorName,
  isNewToken,
  remembered,
  transactWrite,
  valueRefusal,
  valueRegisters,
  type TokenId,
  expectedValue,
  checkRowSize,
  isAbsent,
  isPresent,
  isShort,
  isUnchanged,
  replaceExpired,
  rowRequest,
  setValue,
  writeNow,
  type Demand,
  type ValueWrite,
} from '@x/dynamo-core/mechanism';
import type { TableRows } from './requests.js';
import { copyOf, type CopiedWrite } from './copied-writes.js';
import { put, type TransactionWrite, type TransactOptions } from './transaction.js';
const asksForToken = /* @__PURE__ */ isNewToken(/* @__PURE__ */ valueRegisters(''));
/** How often it is sent again at once because something had expired, or had no longer. */
const triesMax = 8;
/** How long the row lives that remembers the token of a transaction without puts. */
const markerTtlSeconds = 14 * 86_400;

/**
 * Sends the writes as one transaction. DynamoDB itself recognises a repeat of the SDK by the token,
 * for ten minutes. A repeat of the caller's own may differ in its times, or come later: the rows of
 * the puts remember the token, which refuses it there, and a digest beside it tells another list. So
 * the rows decide, and not what DynamoDB knows.
 */
export async function transact(
  rows: TableRows,
  writes: readonly CopiedWrite[],
  ids: TokenId,
  { token, signal }: TransactOptions,
): Promise<void> {
  // DynamoDB knows a token throughout a region: not of other lists, nor of other tables.
  const callToken = digestOf([rows.tableName, ids.entry]);
  const prepared = await Promise.all(writes.map((write) => prepareWrite(write, { signal })));
  checkDistinct(prepared);
  const [first] = prepared;
  // By the token alone: its digest tells later whether the same was done with it.
  const isNew =
    token === undefined ? undefined : { expression: asksForToken, values: { ':token': S(ids.id) } };
  const written = { version: ids.entry, isNew };
  if (token !== undefined && first && !prepared.some(({ action }) => action === 'put')) {
    // Of the hundred that DynamoDB takes.
    checkInteger('the number of writes beside a marker', prepared.length, 1, 99);
    const marker = await copyOf({ ...rows, codec: jsonCodec }, markerOf(ids));
    // Errors name a key of the caller's.
    const { callerKey } = first;
    prepared.push(await prepareWrite({ ...marker, callerKey }, { signal }));
  }
  let expired: readonly (Item | undefined)[] = [];
  for (let tries = 0; ; tries++) {
    const items = (): TransactItem[] =>
      prepared.map(({ item }, index) => item(written, expired[index]));
    // Another form needs another token: DynamoDB may know what was sent with this one.
    const sentToken = tries === 0 ? callToken : `${callToken}/${tries}`;
    try {
      return await transactWrite(items, { ...rows, token: sentToken, signal });
    } catch (error) {
      if (error === signal?.reason) throw error;
      if (await wasApplied(rows, prepared, ids, error, { signal })) return;
      // The rows have forgotten what DynamoDB knows with other times: it is new.
      const next = errorName(error) === mismatch ? expired : takenPlaces(prepared, expired, error);
      if (next === undefined || tries === triesMax) throw error;
      expired = next;
    }
  }
}

/** A row in a partition of its own: a table of numbers has no other place for it. */
function markerOf({ id }: TokenId): TransactionWrite {
  const key = { partition: `transactions.${id}`, namespace: '', sort: '0' };
  return put(key, null, { ttlSeconds: markerTtlSeconds });
}

function checkDistinct(prepared: readonly PreparedWrite[]): void {
  const known = new Set<string>();
  for (const { key, displayKey } of prepared) {
    const identity = JSON.stringify(key);
    if (known.has(identity)) {
      const message = `Two writes have the key "${displayKey}"; each key may occur once`;
      throw new InvalidInputError('writes', displayKey, '', { message });
    }
    known.add(identity);
  }
}

/**
 * Whether the existing rows that a refused transaction answers with remember it, or else those that are read. Throws a
 * `TokenReusedError` where they remember another list. As all of it is applied or nothing, one row
 * speaks for all of them.
 */
async function wasApplied(
  rows: TableRows,
  prepared: readonly PreparedWrite[],
  { id, entry }: TokenId,
  error: unknown,
  { signal }: CallOptions,
): Promise<boolean> {
  const reasons = cancellationReasons(error);
  if (reasons === undefined && !decidedByRows.includes(errorName(error))) return false;
  const isTold = reasons?.every(({ code }) => code === 'None' || code === conditionFailed);
  const items = isTold
    ? reasons?.map(({ item }) => item)
    : await batchGet(prepared, { ...rows, consistent: true, signal });
  const found = prepared.map(({ names }, index) =>
    remembered(items?.[index], valueRegisters(names.version), id),
  );
  if (found.includes(entry)) return true;
  const other = prepared.find((_, index) => found[index] !== undefined);
  if (other === undefined) return false;
  throw new TokenReusedError(other.callerKey);
}

const conditionFailed = 'ConditionalCheckFailed';
const mismatch = 'IdempotentParameterMismatchException';
const decidedByRows: unknown[] = [mismatch, 'TransactionInProgressException'];

/**
 * The rows of which the puts have to take the place because they have expired; `undefined` where
 * nothing has changed in that. Throws a `KeyCollisionError` for a put that may not stand there.
 */
function takenPlaces(
  prepared: readonly PreparedWrite[],
  expired: readonly (Item | undefined)[],
  error: unknown,
): (Item | undefined)[] | undefined {
  const reasons = cancellationReasons(error);
  const next = prepared.map((write, index) => {
    const { code, item } = reasons?.[index] ?? {};
    if (code !== conditionFailed || write.action !== 'put') return expired[index];
    return valueRefusal(write, write, write.demand, item) === 'expired' ? item : undefined;
  });
  return next.some((item, index) => item !== expired[index]) ? next : undefined;
}

/** What the rows of the puts remember, and how they are asked for it. */
type Written = Pick<ValueWrite, 'version' | 'isNew'>;

/** A write that is ready to be sent. */
export interface PreparedWrite extends CopiedWrite {
  readonly demand: Demand | undefined;
  /** As it is sent now; `expired` is the row of which a put takes the place. */
  readonly item: (written: Written, expired?: Item) => TransactItem;
}

const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/** Makes a write ready. A consistent GetItem where its version is a digest. */
export async function prepareWrite(
  write: CopiedWrite,
  options: CallOptions,
): Promise<PreparedWrite> {
  const { action, only, data, expiry, clock } = write;
  const change = data && { data, expiry, keepsExpiry: only?.is === 'version' };
  if (change && !isShort(change.data)) {
    checkRowSize(write, writeNow(write, { ...change, version: '' }));
  }
  const demand = await demandOf(write, options);
  const item = (written: Written, expired?: Item): TransactItem => {
    const condition = demand?.(clock.now());
    if (change === undefined) {
      // A delete may have no condition; every check has one.
      const request = { ConditionExpression: condition?.expression, ...(condition && allOld) };
      const input = rowRequest(write, request, condition?.values);
      return action === 'remove' ? { Delete: input } : { ConditionCheck: input };
    }
    const stored = writeNow(write, { ...change, ...written });
    // An update, so that what shares the row stays; in the place of what has expired, where it has.
    const { UpdateExpression, ...input } = expired
      ? replaceExpired(write, stored, expired)
      : setValue(write, stored, condition);
    return { Update: { ...input, UpdateExpression, ...allOld } };
  };
  return { ...write, demand, item };
}

async function demandOf(write: CopiedWrite, options: CallOptions): Promise<Demand | undefined> {
  const { only } = write;
  if (only?.is === 'absent') return isAbsent;
  if (only?.is !== 'version') return only && isPresent;
  const expected = await expectedValue(write, only.version, options);
  return (nowMs) => isUnchanged(expected, nowMs);
}
