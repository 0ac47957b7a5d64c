import { InvalidInputError, type Clock } from '@x/dynamo-core';
import { abortable, checkOneOf, checkPositive, deadline } from '@x/dynamo-core/mechanism';

import type { KeyCall } from './attempt-row.js';
import { statusWithout, type AttemptResult } from './key-status.js';
import { LocalLimits } from './local-limits.js';
import type { DecisionOptions, LimiterOptions, StoreErrorPolicy } from './options.js';
import { isUnavailable } from './store-errors.js';

/** So long at most takes what gives something back: nobody waits for it. */
const giveBackMs = 2_000;

/** How a decision is made, and what it is without the store. */
interface Deciding<T> {
  readonly run: (signal: AbortSignal | undefined) => Promise<T>;
  readonly answer: (results: readonly AttemptResult[]) => T;
  readonly isRecord?: boolean;
}

/** Bounds the requests of a limiter, and decides without the store while that is unavailable. */
export class StoreGuard {
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;
  readonly #onStoreError: NonNullable<LimiterOptions['onStoreError']>;
  readonly #local: LocalLimits | undefined;

  constructor(
    clock: Clock,
    { onStoreError = 'throw', fallback = false, timeoutMs }: LimiterOptions,
  ) {
    if (typeof onStoreError !== 'function') checkPolicy(onStoreError);
    if (typeof fallback !== 'boolean')
      throw new InvalidInputError('fallback', fallback, 'a boolean');
    checkTimeout(timeoutMs);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onStoreError = onStoreError;
    this.#local = fallback ? new LocalLimits() : undefined;
  }

  /** Whether errors of the store always reach the caller. */
  get isThrowing(): boolean {
    return this.#onStoreError === 'throw';
  }

  /** Runs within the caller's signal and the time that a call may take. */
  bounded<T>(
    { signal, timeoutMs: ms = this.#timeoutMs }: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    checkTimeout(ms);
    if (ms === undefined || ms === Infinity) {
      return signal === undefined ? run(signal) : abortable(signal, run);
    }
    return deadline({ clock: this.#clock, ms, signal }, run);
  }

  /** `bounded` for what gives something back: 2 s where nothing else is said. */
  givingBack<T>(
    { signal, timeoutMs = this.#timeoutMs ?? giveBackMs }: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    return this.bounded({ signal, timeoutMs }, run);
  }

  /** Decides about these keys: of all of them, or of none. */
  async decide<T>(
    calls: readonly KeyCall[],
    options: DecisionOptions,
    { run, answer, isRecord = false }: Deciding<T>,
  ): Promise<T> {
    try {
      return await this.bounded(options, run);
    } catch (error) {
      if (options.signal?.aborted === true || !isUnavailable(error)) throw error;
      if (this.#local !== undefined) return answer(this.#local.decide(calls, isRecord));
      // Whoever refuses one of the keys refuses all.
      const policies = calls.map((call) => this.#policyFor(error, call));
      if (policies.includes('throw')) throw error;
      const how = policies.includes('refuse') ? 'refuse' : 'allow';
      return answer(calls.map((call) => statusWithout(call.limits, call, how)));
    }
  }

  #policyFor(error: unknown, { callerKey }: KeyCall): StoreErrorPolicy {
    const policy = this.#onStoreError;
    return typeof policy === 'function' ? checkPolicy(policy(error, callerKey)) : policy;
  }
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && timeoutMs !== Infinity) checkPositive('timeoutMs', timeoutMs);
}

function checkPolicy(policy: StoreErrorPolicy): StoreErrorPolicy {
  checkOneOf('onStoreError', policy, ['throw', 'allow', 'refuse']);
  return policy;
}
