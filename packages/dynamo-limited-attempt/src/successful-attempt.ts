import { stringOf, type Item } from '@x/dynamo-core';
import { checkedOptions, checkInteger } from '@x/dynamo-core/mechanism';

import type { OwnAttempt } from './algorithm.js';
import { readRow, stateOf, windowOf, type KeyCall } from './attempt-row.js';
import type { ChangedRow } from './change-row.js';
import { clear, giveBack } from './give-back.js';
import type { Decision, Limiter } from './limiter.js';
import { countable, type ResolvedLimit } from './limits.js';
import {
  decisionOptionNames,
  refundOptionNames,
  type RefundOptions,
  type SuccessfulAttempt,
} from './options.js';
import type { OwnAttempts } from './requests.js';

/** An admitted attempt, with what can be done about it. */
export function successfulAttempt<T extends string>(
  limiter: Limiter,
  call: KeyCall,
  { result, counted }: Decision,
): SuccessfulAttempt<T> {
  if (counted === undefined) {
    const context = call.context as T | undefined;
    const refund = (): Promise<boolean> => Promise.resolve(false);
    return { ...result, context, counted: false, clear: () => Promise.resolve(), refund };
  }
  // The context of windows that began since is somebody else's.
  const isOwn = counted.isLatest || ownAttempts(call, counted).size > 0;
  const context = isOwn ? stringOf(counted.item, 'context') : call.context;
  const { isAdmitted, attempts, remaining, limit, resetAtMs, reason, isBlocked, limits } = result;
  return {
    // Each on its own: a spread takes longer than all the rest.
    isAdmitted,
    attempts,
    remaining,
    limit,
    resetAtMs,
    retryAfterMs: 0,
    reason,
    isBlocked,
    limits,
    refusedBy: result.refusedBy,
    context: context as T | undefined,
    counted: true,
    clear: async (options = {}) => {
      const given = checkedOptions(options, decisionOptionNames);
      const own = ownAttempts(call, counted);
      if (own.size > 0) await clear(limiter, call, own, given);
    },
    refund: refunds(limiter, call, counted),
  };
}

/** Reads off a row where the attempt of this call was counted. */
function ownAttempts(call: KeyCall, { item, isLatest }: ChangedRow): OwnAttempts {
  const own = new Map<ResolvedLimit, OwnAttempt>();
  for (const limit of countable(call.limits)) {
    const began = windowOf(item, limit, call.id);
    if (began === undefined) continue;
    const taken: Item | undefined = isLatest ? stateOf(item, limit) : undefined;
    own.set(limit, { began, takenAtMs: call.nowMs, taken });
  }
  return own;
}

/** A part that is given back: its answer, unless that was lost. */
interface GivenBack {
  readonly cost: number;
  readonly id: string;
  answer?: Promise<boolean>;
}

/** Gives back the attempt, or parts of its cost: never more than it cost. */
function refunds(
  limiter: Limiter,
  call: KeyCall,
  counted: ChangedRow,
): SuccessfulAttempt['refund'] {
  let left = call.cost;
  let latest: GivenBack | undefined;

  async function send({ cost, id }: GivenBack, options: RefundOptions): Promise<boolean> {
    const own = ownAttempts(call, counted);
    if (own.size === 0) return false;
    const nowMs = Math.floor(limiter.rows.clock.now());
    const again = { ...call, cost, id, nowMs };
    return giveBack(limiter, again, own, readRow(counted.item, again), options);
  }

  return async (costOrOptions = {}) => {
    const options =
      typeof costOrOptions === 'number'
        ? { cost: costOrOptions }
        : checkedOptions(costOrOptions, refundOptionNames);
    const lost = latest?.answer === undefined ? latest : undefined;
    const cost = options.cost ?? lost?.cost ?? left;
    if (cost === 0 && latest?.answer !== undefined) return latest.answer;
    // An answer that was lost is asked for again, so that nothing is given back twice.
    const part = lost?.cost === cost ? lost : { cost, id: limiter.rows.random.id() };
    if (part !== lost) {
      checkInteger('cost', cost, 1, left);
      left -= cost;
    }
    latest = part;
    const answer = send(part, options);
    part.answer = answer;
    try {
      return await answer;
    } catch (error) {
      if (part.answer === answer) delete part.answer;
      throw error;
    }
  };
}
