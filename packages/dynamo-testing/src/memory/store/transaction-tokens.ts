import type { Clock } from '@x/dynamo-core';

import { idempotentParameterMismatch } from '../service-errors.js';

const rememberedMs = 10 * 60 * 1000;

/** The client tokens of the transactions of the last ten minutes. */
export class TransactionTokens {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly request: string; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this very request was applied under the token; another request is an error. */
  isRepeat(token: string, request: string): boolean {
    const known = this.#seen.get(token);
    if (known === undefined || this.#isExpired(known.atMs)) return false;
    if (known.request !== request) throw idempotentParameterMismatch();
    return true;
  }

  /** The request was applied. */
  remember(token: string, request: string): void {
    for (const [old, { atMs }] of this.#seen) {
      if (!this.#isExpired(atMs)) break;
      this.#seen.delete(old);
    }
    this.#seen.delete(token);
    this.#seen.set(token, { request, atMs: this.#clock.now() });
  }

  #isExpired(atMs: number): boolean {
    return this.#clock.now() - atMs >= rememberedMs;
  }
}
