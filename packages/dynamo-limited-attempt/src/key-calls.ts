import { S, type AttributeValue, type Item } from '@x/dynamo-core';
import { checkInteger, readItem, writeConditionally } from '@x/dynamo-core/mechanism';

import {
  type Plan,
  type ChangedRow,
  type Decision,
  type KeyCall,
  type KnownRow,
  type Part,
  type RowChange,
} from './attempt-row.js';
import { AttemptsError } from './errors.js';
import type { Limiter } from './limiter.js';
import { isIdle, stateOf, statusOf, suffixed, type Asked, type ResolvedLimit } from './limits.js';
import { ownAttempts, type OwnAttempts } from './own-attempts.js';
import type {
  AttemptResult,
  CostOptions,
  DecisionOptions,
  PeekedAttempt,
  WaitOptions,
} from './options.js';
import {
  assigned,
  change,
  contextPart,
  countParts,
  holds,
  isOriginal,
  isOurs,
  readRow,
  rounds,
} from './requests.js';

/** So long at most takes what gives something back: nobody waits for it. */
export const giveBackMs = 2_000;

/** Where a record leaves the key: whether it is within its limits, or when it will be. */
export function statusWithin(item: Item | undefined, asked: Asked): AttemptResult {
  const result = statusOf(item, { ...asked, cost: 0 });
  return result.isAdmitted ? result : statusOf(item, { ...asked, cost: 1 });
}

/** Reads the row. */
async function read(
  { rows, memory }: Limiter,
  call: KeyCall,
  signal: AbortSignal | undefined,
): Promise<KnownRow | undefined> {
  const { releases } = memory;
  const item = await readItem({ ...rows, key: call.key }, true, { signal });
  // The answer may have corrected the clock.
  call.nowMs = Math.floor(rows.clock.now());
  const row = await readRow(item, call);
  memory.found(call, row, releases);
  return row;
}

/** Counts what has happened already, past the limits if need be. */
export async function record(limiter: Limiter, call: KeyCall): Promise<AttemptResult> {
  const run = async (signal: AbortSignal | undefined): Promise<AttemptResult[]> => {
    if (call.counting.length === 0) return [statusWithin(undefined, call)];
    const plan: Plan = (row) => countParts(call, row, 'past');
    const known = limiter.memory.rowOf(call)?.row;
    const { row } = await limiter.change(call, known, plan, signal);
    return [statusWithin(row?.item, call)];
  };
  const [result] = await limiter.decide([call], call, run, true);
  return result as AttemptResult;
}

/** What an attempt would meet now. */
export async function peek(limiter: Limiter, call: KeyCall): Promise<PeekedAttempt> {
  const row = await limiter.bounded(call, (signal) => read(limiter, call, signal));
  // Windows that have ended take their context with them.
  const hasEnded = call.counting.every((limit) => isIdle(stateOf(row?.item, limit), limit, call));
  const context = hasEnded ? undefined : row?.item['context']?.S;
  return { ...statusOf(row?.item, call), context };
}

/**
 * The update that gives back what still counts: an attempt by its handle (`own`), or the cost by key.
 * `undefined` where there is nothing to give back.
 */
function giveBackParts(
  call: KeyCall,
  row: KnownRow | undefined,
  own: OwnAttempts | undefined,
): readonly Part[] | undefined {
  if (row === undefined || row.replaced !== undefined) return undefined;
  const context = row.item['context'] as AttributeValue;
  const others =
    row.original === undefined
      ? []
      : [contextPart(context, true), row.original.mirrored(-call.cost)];
  const next = (state: Item, limit: ResolvedLimit): Item | undefined =>
    own === undefined || own.has(limit)
      ? limit.algorithm.giveBack(state, limit, call, own?.get(limit))
      : undefined;
  return rewrite(call, row, next, others);
}

/** Writes states anew; a row of the original becomes ours with all of its limits. */
export function rewrite(
  call: KeyCall,
  row: KnownRow,
  next: (state: Item, limit: ResolvedLimit) => Item | undefined,
  others: readonly Part[] = [],
): readonly Part[] | undefined {
  const parts: Part[] = [];
  let [hasChanged, untilMs] = [false, call.nowMs];
  for (const limit of call.counting) {
    const state = stateOf(row.item, limit);
    const changed = state && next(state, limit);
    hasChanged ||= changed !== undefined;
    const kept = changed ?? (row.original && state);
    if (kept === undefined) continue;
    parts.push(assigned(suffixed(kept, limit.suffix)));
    untilMs = Math.max(untilMs, limit.algorithm.standing(kept, limit, call).resetAtMs);
  }
  return hasChanged ? change(call, row, [...parts, ...others], untilMs, true) : undefined;
}

/** Gives back `own` attempts by their handle, from a row that is known; or what counts now. */
export async function giveBack(
  limiter: Limiter,
  call: KeyCall,
  own?: OwnAttempts,
  known?: KnownRow,
): Promise<boolean> {
  const run = async (signal: AbortSignal | undefined): Promise<RowChange> => {
    const row = own === undefined ? await read(limiter, call, signal) : known;
    return limiter.change(call, row, (row) => giveBackParts(call, row, own), signal);
  };
  const change = await limiter.bounded(call, run, giveBackMs);
  if (change.outcome === 'left' && own === undefined) return false;
  limiter.memory.released(call);
  if (change.outcome === 'left') return false;
  limiter.memory.found(call, change.row, limiter.memory.releases);
  return true;
}

/** The row has one of the windows in which these attempts were counted, and no count. */
function isOwnWindow(own: OwnAttempts): Part {
  const windows = [...own].map(([{ suffix }, window]) => [`began${suffix}`, window.began] as const);
  const isOwn = windows.map(([name]) => `${name} = :${name}`).join(' OR ');
  return holds(
    `(${isOwn}) AND attribute_not_exists(#count)`,
    Object.fromEntries(windows.map(([name, id]) => [`:${name}`, S(id)])),
  );
}

/** Forgets the row; with `own` attempts, only while it has one of their windows. */
export async function clear(limiter: Limiter, call: KeyCall, own?: OwnAttempts): Promise<void> {
  const run = async (signal: AbortSignal | undefined): Promise<void> => {
    const begin = rounds(limiter.rows, call.displayKey, signal);
    let known: KnownRow | undefined;
    for (let round = 1; ; round++) {
      await begin(round);
      const data = known?.original?.data;
      const when = own ? isOwnWindow(own) : data ? isOriginal(data) : isOurs;
      const { UpdateExpression: _, ...update } = limiter.build(call.key, [when]);
      const input = { ...update, ExpressionAttributeValues: when.values, ReturnValues: undefined };
      const result = await writeConditionally(limiter.rows.transport, 'DeleteItem', input, {
        mustExist: own ? undefined : call.key,
        signal,
      });
      limiter.memory.released(call);
      if (!own) limiter.fallback?.delete(call.keyId);
      if (result.outcome !== 'refused' || own) return;
      // What is no state of attempts throws, unless it has expired.
      const row = await readRow(result.item, call);
      if (row?.replaced !== undefined) return;
      known = row;
    }
  };
  await limiter.bounded(call, run, giveBackMs);
}

/** A part of the cost of an attempt, with the id of the change that gives it back. */
interface GivenBack {
  readonly cost: number;
  readonly id: string;
}

/** What can be done about an attempt, with options that are checked. */
export interface Handle {
  /** Whether it was counted in a window that runs still. */
  counts(): boolean;
  clear(options: DecisionOptions): Promise<void>;
  refund(options: CostOptions): Promise<boolean>;
}

/** Gives back an attempt that was counted, or parts of its cost: never more than it cost. */
export function handleOf(limiter: Limiter, call: KeyCall, counted: ChangedRow | undefined): Handle {
  const { clock, random } = limiter.rows;
  let left = call.cost;
  let latest = Promise.resolve(false);
  /** Parts without an answer: they are asked for again, so that nothing is given back twice. */
  const lost = new Set<GivenBack>();
  const own = (): OwnAttempts => (counted ? ownAttempts(call, counted) : new Map());

  async function send({ cost, id }: GivenBack, options: DecisionOptions): Promise<boolean> {
    if (counted === undefined || own().size === 0) return false;
    const again = { ...call, ...options, cost, id, nowMs: Math.floor(clock.now()) };
    return giveBack(limiter, again, own(), counted.row);
  }

  function give(part: GivenBack, options: DecisionOptions): Promise<boolean> {
    lost.delete(part);
    latest = send(part, options);
    return latest.catch((error: unknown) => {
      lost.add(part);
      throw error;
    });
  }

  async function refund({ cost, signal, timeoutMs }: CostOptions): Promise<boolean> {
    const parts = [...lost].filter((part) => cost === undefined || part.cost === cost);
    if (cost !== undefined) parts.splice(1);
    if (cost === undefined ? left > 0 : parts.length === 0) {
      const part = { cost: cost === undefined ? left : cost, id: random.id() };
      checkInteger('cost', part.cost, 1, left);
      left -= part.cost;
      parts.push(part);
    }
    if (parts.length === 0) return latest;
    let hasGiven = false;
    for (const part of parts) hasGiven = (await give(part, { signal, timeoutMs })) || hasGiven;
    return hasGiven;
  }

  async function clearOwn({ signal, timeoutMs }: DecisionOptions): Promise<void> {
    // Of an attempt that was counted in this process alone, its memory.
    if (counted === undefined) limiter.fallback?.delete(call.keyId);
    if (own().size > 0) await clear(limiter, { ...call, signal, timeoutMs }, own());
  }

  return { counts: () => own().size > 0, clear: clearOwn, refund };
}

/** How many calls of this process wait for each key. */
export type Waiters = Map<string, number>;

/** So much later than it could be admitted, at most, so that waiters do not all come at once. */
const jitterMsMax = 250;

/** So long has a try for its answer that begins in time, also where less is left to wait. */
const answerMs = 500;

/** Attempts until it is admitted, for as long as it may wait. */
export async function waitFor(
  limiter: Limiter,
  waiters: Waiters,
  first: KeyCall,
  { waitMsMax = 10_000, waitersMax = 100 }: WaitOptions,
  decide: (call: KeyCall) => Promise<Decision>,
): Promise<Decision> {
  const { signal } = first;
  const callMs = limiter.timeoutMsOf(first) ?? Infinity;
  const { clock, random } = limiter.rows;
  const endMs = clock.monotonic() + waitMsMax;
  const place = first.keyId;
  const waiting = (): number => waiters.get(place) ?? 0;
  let isWaiting = false;
  try {
    for (let call = first; ; call = { ...call, id: random.id(), nowMs: Math.floor(clock.now()) }) {
      const timeoutMs = Math.min(callMs, Math.max(answerMs, endMs - clock.monotonic()));
      const decision = await decide({ ...call, timeoutMs });
      const { isAdmitted, retryAfterMs = Infinity } = decision.result;
      if (isAdmitted) return decision;
      const restMs = endMs - clock.monotonic();
      const isFull = !isWaiting && waiting() >= waitersMax;
      if (retryAfterMs > restMs || isFull) {
        throw new AttemptsError(call.displayKey, decision.result);
      }
      if (!isWaiting) waiters.set(place, waiting() + 1);
      isWaiting = true;
      const jitterMs = random.unit() * Math.min(jitterMsMax, retryAfterMs, restMs - retryAfterMs);
      await clock.sleep(Math.max(1, retryAfterMs + jitterMs), { signal });
    }
  } finally {
    if (isWaiting && waiting() > 1) waiters.set(place, waiting() - 1);
    else if (isWaiting) waiters.delete(place);
  }
}
