import { stringOf, type CallOptions, type Item } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import { seenRow } from './attempt-row.js';
import type { KeyCall } from './change-row.js';
import { giveBack, ownAttempts, type OwnAttempts } from './give-back.js';
import type { Decision, Limiter } from './limiter.js';
import type { RefundOptions, SuccessfulAttempt } from './options.js';

/** An admitted attempt, with what can be done about it. */
export function successfulAttempt<T extends string>(
  limiter: Limiter,
  call: KeyCall,
  { result, counted }: Decision,
): SuccessfulAttempt<T> {
  if (counted === undefined) {
    return {
      ...result,
      context: call.context as T | undefined,
      counted: false,
      clear: () => Promise.resolve(),
      refund: () => Promise.resolve(false),
    };
  }
  const { item, isLatest } = counted;
  const own = ownAttempts(call, item, isLatest);
  const refunds = new Refunds(limiter, call, item, own);
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
    // The context of windows that began since is somebody else's.
    context: (own.size === 0 ? call.context : stringOf(item, 'context')) as T | undefined,
    counted: true,
    clear: async ({ signal }: CallOptions = {}) => {
      if (own.size === 0) return;
      const began = [...own].map(([{ suffix }, attempt]) => [`began${suffix}`, attempt.began]);
      await limiter.clear(call, Object.fromEntries(began) as Record<string, string>, signal);
    },
    refund: (cost) => refunds.refund(typeof cost === 'number' ? { cost } : cost),
  };
}

/** A part that is given back: its answer, unless that was lost. */
interface GivenBack {
  readonly cost: number;
  readonly id: string;
  readonly answer?: Promise<boolean>;
}

/** What was given back of an attempt: never more than it cost. */
class Refunds {
  readonly #limiter: Limiter;
  readonly #call: KeyCall;
  readonly #item: Item;
  readonly #own: OwnAttempts;
  #left: number;
  #latest: GivenBack | undefined;

  constructor(limiter: Limiter, call: KeyCall, item: Item, own: OwnAttempts) {
    this.#limiter = limiter;
    this.#call = call;
    this.#item = item;
    this.#own = own;
    this.#left = call.cost;
  }

  async refund({ cost, signal }: RefundOptions = {}): Promise<boolean> {
    const lost = this.#latest?.answer === undefined ? this.#latest : undefined;
    const part = cost ?? lost?.cost ?? this.#left;
    if (part === 0 && this.#latest?.answer !== undefined) return this.#latest.answer;
    const isAgain = lost !== undefined && lost.cost === part;
    if (!isAgain) {
      checkInteger('cost', part, 1, this.#left);
      this.#left -= part;
    }
    // An answer that was lost is asked for again, so that nothing is given back twice.
    const latest = isAgain ? lost : { cost: part, id: this.#call.rows.random.id() };
    const answer = this.#send(latest, signal);
    const given: GivenBack = { ...latest, answer };
    this.#latest = given;
    try {
      return await answer;
    } catch (error) {
      if (this.#latest === given) this.#latest = latest;
      throw error;
    }
  }

  async #send({ cost, id }: GivenBack, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#own.size === 0) return false;
    const limiter = this.#limiter;
    const nowMs = Math.floor(limiter.rows.clock.now());
    const call = { ...this.#call, cost, id, nowMs };
    const change = await limiter.store.bounded({ signal, timeoutMs: undefined }, (own) =>
      giveBack(call, seenRow(this.#item, call), this.#own, own),
    );
    limiter.memory.released(call, change.outcome === 'changed' ? change.item : undefined);
    return change.outcome === 'changed';
  }
}
