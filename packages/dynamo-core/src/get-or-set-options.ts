import type { CallOptions } from './transport.js';
import { checkPositive, type OptionNames } from './input-checks.js';

/** How a value is computed and kept. */
export interface GetOrSetOptions extends CallOptions {
  /** For how long it is fresh, in seconds, above 0. */
  readonly ttlSeconds: number;
  /**
   * For how many seconds more it is given to others while one caller computes it anew. @default 0
   */
  readonly staleSeconds?: number | undefined;
  /**
   * For how long a computation keeps the others from computing, in milliseconds, above 0: longer than
   * it takes. `compute` gets its end as a signal. @default 30000
   */
  readonly leaseMs?: number | undefined;
}

/** The names of `GetOrSetOptions`. */
export const getOrSetOptionNames: OptionNames<GetOrSetOptions> = {
  ttlSeconds: true,
  staleSeconds: true,
  leaseMs: checkPositive,
  signal: true,
};

/** What a computation gets. */
export interface ComputeContext {
  /** Aborts when its lease ends, or with the reason of the call's own signal. */
  readonly signal: AbortSignal;
}
