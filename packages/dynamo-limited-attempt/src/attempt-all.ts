import { ConflictError, InvalidInputError, type Item, type TransactItem } from '@x/dynamo-core';
import {
  batchGet,
  cancellationReasons,
  checkInteger,
  remembers,
  transactWrite,
} from '@x/dynamo-core/mechanism';

import { attemptRegisters, seenRow, type SeenRow } from './attempt-row.js';
import { pauseBefore, roundsMax, timed, type KeyCall } from './change-row.js';
import { countParts } from './count-attempt.js';
import type { Limiter } from './limiter.js';
import type { AttemptAllOptions, AttemptAllResult, AttemptEntry, EntryResult } from './options.js';
import { idOf } from './recent-rows.js';
import { judge, type AttemptResult, type Verdict } from './verdict.js';

const entriesMax = 100;

type Update = NonNullable<TransactItem['Update']>;

/** One key of the decision, with what a request has met. */
interface Entry {
  readonly call: KeyCall;
  row: SeenRow | undefined;
  isSeen: boolean;
}

/** Checks the entries, and copies them. */
function prepareAll(limiter: Limiter, entries: readonly AttemptEntry[]): readonly KeyCall[] {
  if (!Array.isArray(entries)) throw new InvalidInputError('entries', entries, 'an array');
  checkInteger('the number of entries', entries.length, 1, entriesMax);
  const calls = entries.map(({ key, limits, cost }) => limiter.prepare(key, limits, { cost }));
  const keys = new Set<string>();
  for (const { key, label } of calls) {
    const id = idOf(key);
    if (keys.has(id)) throw new InvalidInputError('entries', label, 'keys that differ');
    keys.add(id);
  }
  return calls;
}

/** Counts an attempt of each key, of all or of none. */
export async function attemptAll(
  limiter: Limiter,
  entries: readonly AttemptEntry[],
  options: AttemptAllOptions,
): Promise<AttemptAllResult> {
  const keys = entries.map(({ key }) => ({ ...key }));
  const calls = prepareAll(limiter, entries);
  const unseen = calls.map((call) => judge(undefined, call.limits, call).result);
  if (unseen.some(({ isAdmitted }) => !isAdmitted)) return together(unseen.map(unread));
  return limiter.store.decide(keys, calls, options, {
    run: (signal) => decide(limiter, calls, options, signal),
    answer: together,
  });
}

async function decide(
  limiter: Limiter,
  calls: readonly KeyCall[],
  { remaining = false }: AttemptAllOptions,
  signal: AbortSignal | undefined,
): Promise<AttemptAllResult> {
  const entries = calls.map((call): Entry => ({
    call,
    row: limiter.memory.hintOf(call)?.row,
    isSeen: false,
  }));
  for (let round = 1; round <= roundsMax; round++) {
    await pauseBefore(round, limiter.rows, signal);
    if (await send(limiter, entries, signal)) {
      const rows = remaining ? await readAll(limiter, calls, signal) : undefined;
      return together(calls.map((call, index) => admitted(call, rows?.[index])));
    }
    const verdicts = entries.map(({ call, row, isSeen }) =>
      isSeen ? judge(row?.item, call.limits, call) : undefined,
    );
    if (verdicts.some((verdict) => verdict?.result.isAdmitted === false)) {
      return together(
        await Promise.all(
          entries.map((entry, index) => answer(limiter, entry, verdicts[index], signal)),
        ),
      );
    }
  }
  throw new ConflictError(calls.map(({ label }) => label).join(', '), roundsMax);
}

/** One transaction. Where conditions fail, the entries learn what rows they met. */
async function send(
  { rows }: Limiter,
  entries: readonly Entry[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const calls = entries.map(({ call }) => call);
  const writes = timed(calls, () => entries.map(writeOf));
  try {
    await transactWrite(writes, { ...rows, signal });
    return true;
  } catch (error) {
    const reasons = cancellationReasons(error);
    const failed = reasons?.map(({ code }) => code === 'ConditionalCheckFailed') ?? [];
    if (reasons === undefined || !failed.includes(true)) throw error;
    const items = reasons.map(({ item }) => item);
    // A repeat after the ten minutes of its token: all of it was applied, or none.
    if (entries.some(({ call }, at) => remembers(items[at], attemptRegisters, call.id)))
      return true;
    entries.forEach((entry, at) => {
      entry.isSeen = failed[at] === true;
      if (entry.isSeen) entry.row = seenRow(items[at], entry.call);
    });
    return false;
  }
}

function writeOf({ call, row }: Entry): TransactItem {
  const { ReturnValues: _, ...update } = call.build(call.key, countParts(call, row, 'within'));
  return { Update: { ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as Update };
}

async function readAll(
  { rows }: Limiter,
  calls: readonly KeyCall[],
  signal: AbortSignal | undefined,
): Promise<readonly (Item | undefined)[]> {
  return batchGet(calls, { ...rows, consistent: true, signal });
}

function admitted(call: KeyCall, item: Item | undefined): EntryResult {
  const { result } = judge(item, call.limits, { ...call, cost: 0 });
  const flags = { isAdmitted: true, reason: undefined, isBlocked: false, refusedBy: [] };
  return item === undefined
    ? { ...flags, limit: result.limit, retryAfterMs: 0 }
    : { ...result, ...flags, retryAfterMs: 0 };
}

/** What a refused transaction says of one entry; a refusal may begin a block. */
async function answer(
  limiter: Limiter,
  { call, row }: Entry,
  verdict: Verdict | undefined,
  signal: AbortSignal | undefined,
): Promise<EntryResult> {
  if (verdict === undefined) return admitted(call, undefined);
  return verdict.result.isAdmitted ? verdict.result : limiter.refuse(call, row, verdict, signal);
}

/** An entry that was refused, or not, without having been read. */
function unread(result: AttemptResult): EntryResult {
  if (!result.isAdmitted) return result;
  const { isAdmitted, reason, isBlocked, refusedBy, limit } = result;
  return { isAdmitted, reason, isBlocked, refusedBy, limit, retryAfterMs: 0 };
}

function together(entries: readonly EntryResult[]): AttemptAllResult {
  const refusedBy = entries.flatMap(({ isAdmitted }, index) => (isAdmitted ? [] : [index]));
  const times = refusedBy.map((index) => entries[index]?.retryAfterMs);
  const isKnown = !times.includes(undefined);
  return {
    isAdmitted: refusedBy.length === 0,
    ...(isKnown && { retryAfterMs: Math.max(0, ...times.map((ms) => ms ?? 0)) }),
    refusedBy,
    entries,
    ...(entries.some(({ counted }) => counted === false) && { counted: false as const }),
  };
}
