import { InvalidInputError, type Clock, type CompoundKey } from '@x/dynamo-core';
import { abortable, checkOneOf, checkPositive, deadline } from '@x/dynamo-core/mechanism';

import type { KeyCall } from './change-row.js';
import { LocalLimits } from './local-limits.js';
import type { DecisionOptions, LimiterOptions, StoreErrorPolicy } from './options.js';
import { isUnavailable } from './store-errors.js';
import { withoutStore, type AttemptResult } from './verdict.js';

/** How a decision is made, and what it is without the store. */
interface DecisionSteps<T> {
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
    if (typeof fallback !== 'boolean') {
      throw new InvalidInputError('fallback', fallback, 'a boolean');
    }
    if (timeoutMs !== undefined) checkPositive('timeoutMs', timeoutMs);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onStoreError = onStoreError;
    this.#local = fallback ? new LocalLimits() : undefined;
  }

  /** Whether errors of the store always reach the caller. */
  get isThrowing(): boolean {
    return this.#onStoreError === 'throw';
  }

  /** Runs within the caller's signal and the time that a decision may take. */
  bounded<T>(
    { signal, timeoutMs = this.#timeoutMs }: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    if (timeoutMs === undefined) return abortableIf(signal, run);
    checkPositive('timeoutMs', timeoutMs);
    return deadline({ clock: this.#clock, ms: timeoutMs, signal }, run);
  }

  /** Decides about these keys: of all of them, or of none. */
  async decide<T>(
    keys: readonly CompoundKey[],
    calls: readonly KeyCall[],
    options: DecisionOptions,
    { run, answer, isRecord = false }: DecisionSteps<T>,
  ): Promise<T> {
    const { signal } = options;
    try {
      return await this.bounded(options, run);
    } catch (error) {
      if (signal?.aborted === true || !isUnavailable(error)) throw error;
      if (this.#local !== undefined) return answer(this.#local.decide(calls, isRecord));
      // Whoever refuses one of the keys refuses all.
      const policies = keys.map((key) => this.#policyFor(error, key));
      if (policies.includes('throw')) throw error;
      const how = policies.includes('refuse') ? 'refuse' : 'allow';
      return answer(calls.map((call) => withoutStore(call.limits, call, how)));
    }
  }

  #policyFor(error: unknown, key: CompoundKey): StoreErrorPolicy {
    const policy = this.#onStoreError;
    return typeof policy === 'function' ? checkPolicy(policy(error, key)) : policy;
  }
}

/** Runs until the signal aborts, where there is one. */
export function abortableIf<T>(
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  return signal === undefined ? run(undefined) : abortable(signal, run);
}

function checkPolicy(policy: StoreErrorPolicy): StoreErrorPolicy {
  checkOneOf('onStoreError', policy, ['throw', 'allow', 'refuse']);
  return policy;
}
