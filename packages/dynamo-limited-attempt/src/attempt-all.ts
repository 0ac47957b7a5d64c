import { InvalidInputError, type TransactItem } from '@x/dynamo-core';
import {
  batchGet,
  cancellationReasons,
  checkInteger,
  remembers,
  transactWrite,
} from '@x/dynamo-core/mechanism';

import { attemptRegisters, type KeyCall, type KnownRow } from './attempt-row.js';
import { refuse } from './block-key.js';
import type { Deciding, Limiter } from './limiter.js';
import { isHopeless, statusAfter, statusOf } from './limits.js';
import type { AttemptAllOptions, AttemptAllResult, AttemptResult, EntryResult } from './options.js';
import { countParts, readRow, rounds, timed } from './requests.js';

type Update = NonNullable<TransactItem['Update']>;

/** One key of the decision, with what is known of its row. */
interface Entry {
  readonly call: KeyCall;
  row: KnownRow | undefined;
}

/** DynamoDB takes so many writes in a transaction. */
const entriesMax = 100;

/** Counts an attempt of each key, of all or of none. */
export async function attemptAll(
  limiter: Limiter,
  calls: readonly KeyCall[],
  options: AttemptAllOptions,
): Promise<AttemptAllResult> {
  checkInteger('the number of entries', calls.length, 1, entriesMax);
  const ids = calls.map(({ keyId }) => keyId);
  const twice = calls.find(({ keyId }, at) => ids.indexOf(keyId) !== at);
  if (twice) throw new InvalidInputError('entries', twice.displayKey, 'keys that differ');
  const { remaining = false } = options;
  const results = await limiter.decide(calls, options, (signal, deciding) =>
    decide(limiter, calls, remaining, signal, deciding),
  );
  return together(results);
}

async function decide(
  limiter: Limiter,
  calls: readonly KeyCall[],
  remaining: boolean,
  signal: AbortSignal | undefined,
  deciding: Deciding,
): Promise<readonly EntryResult[]> {
  if (calls.some(isHopeless)) {
    return calls.map((call) => (isHopeless(call) ? statusOf(undefined, call) : unread(call)));
  }
  const { rows, memory } = limiter;
  const hints = calls.map((call) => memory.hintOf(call));
  if (hints.some(({ refusal }) => refusal !== undefined)) {
    return calls.map((call, at) => hints[at]?.refusal ?? unread(call));
  }
  const entries = calls.map((call, at): Entry => ({ call, row: hints[at]?.row }));
  const begin = rounds(rows, calls.map(({ displayKey }) => displayKey).join(', '), signal);
  for (let round = 1; ; round++) {
    await begin(round);
    const results = await send(limiter, entries, signal);
    if (results === undefined) {
      const admitted = calls.map(unread);
      if (!remaining) return admitted;
      deciding(admitted);
      const keys = calls.map(({ key, displayKey }) => ({ key, displayKey }));
      const items = await batchGet(keys, { ...rows, consistent: true, signal });
      return calls.map((call, index) => statusAfter(items[index], call));
    }
    if (results.every(({ isAdmitted }) => isAdmitted)) continue;
    deciding(results);
    // A refusal may begin a block.
    const answers = entries.map(async ({ call, row }, index): Promise<EntryResult> => {
      const result = results[index] as EntryResult;
      return result.isAdmitted
        ? result
        : refuse(limiter, call, row, result as AttemptResult, signal);
    });
    return Promise.all(answers);
  }
}

/** One transaction. Where conditions fail, the entries learn which rows exist, and who refuses. */
async function send(
  { rows, build, memory }: Limiter,
  entries: readonly Entry[],
  signal: AbortSignal | undefined,
): Promise<readonly EntryResult[] | undefined> {
  const calls = entries.map(({ call }) => call);
  const writes = timed(calls, () =>
    entries.map(({ call, row }): TransactItem => {
      const { ReturnValues: _, ...update } = build(call.key, countParts(call, row, 'within'));
      return { Update: { ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as Update };
    }),
  );
  const { releases } = memory;
  try {
    await transactWrite(writes, { ...rows, signal });
    // Nobody has read what the rows have become.
    for (const call of calls) memory.found(call, undefined, releases);
    return undefined;
  } catch (error) {
    const reasons = cancellationReasons(error, signal) ?? [];
    if (!reasons.some(({ code }) => code === 'ConditionalCheckFailed')) throw error;
    // A repeat after the ten minutes of its token: all of it was applied, or none.
    if (entries.some(({ call }, at) => remembers(reasons[at]?.item, attemptRegisters, call.id))) {
      return undefined;
    }
    const answers = entries.map(async (entry, at) => {
      const { call } = entry;
      if (reasons[at]?.code !== 'ConditionalCheckFailed') return unread(call);
      entry.row = await readRow(reasons[at]?.item, call);
      memory.found(call, entry.row, releases);
      return statusOf(entry.row?.item, call);
    });
    return await Promise.all(answers);
  }
}

/** An entry that was admitted, or not refused, without having been read. */
function unread(call: KeyCall): EntryResult {
  const { limit } = statusOf(undefined, call);
  const admission = { isAdmitted: true, retryAfterMs: 0, reason: undefined, isBlocked: false };
  return { ...admission, limit, refusedBy: [] };
}

function together(entries: readonly EntryResult[]): AttemptAllResult {
  const refusedBy = [...entries.keys()].filter((index) => entries[index]?.isAdmitted === false);
  const times = refusedBy.map((index) => entries[index]?.retryAfterMs ?? Infinity);
  const retryAfterMs = Math.max(0, ...times);
  return {
    isAdmitted: refusedBy.length === 0,
    ...(retryAfterMs < Infinity && { retryAfterMs }),
    refusedBy,
    entries,
    ...(entries.some(({ counted }) => counted === false) && { counted: false as const }),
  };
}
