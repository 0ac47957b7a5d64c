import type { Clock } from './clock.js';
import { InvalidInputError } from './errors.js';
import type { CallOptions } from './transport.js';
import { checkFunction, checkPositive, type OptionNames, expirySeconds } from './input-checks.js';

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

/** The options of a computation, with their defaults. */
export interface Computation extends CallOptions {
  readonly ttlSeconds: number;
  readonly staleSeconds: number;
  readonly leaseMs: number;
}

const leaseMsMax = 86_400_000;

/** The options with their defaults. Throws an `InvalidInputError` for a bad one. */
export function checkedComputation(
  compute: unknown,
  options: GetOrSetOptions,
  clock: Clock,
): Computation {
  const { ttlSeconds, staleSeconds = 0, leaseMs = 30_000 } = options;
  checkFunction('compute', compute);
  if (typeof staleSeconds !== 'number' || !(staleSeconds >= 0)) {
    throw new InvalidInputError('staleSeconds', staleSeconds, 'a number of seconds, 0 or more');
  }
  checkPositive('ttlSeconds', ttlSeconds);
  expirySeconds({ ttlSeconds: ttlSeconds + staleSeconds }, clock);
  if (leaseMs > leaseMsMax)
    throw new InvalidInputError('leaseMs', leaseMs, `at most ${leaseMsMax}`);
  return { ...options, staleSeconds, leaseMs };
}
