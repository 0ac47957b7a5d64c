import { InvalidInputError } from './errors.js';
import { checkPositive, utf8Bytes } from './input-checks.js';
import { jsonCodec } from './json-codec.js';
import type { BackoffOptions } from './backoff.js';
import type { OptionNames } from './option-names.js';
import { callOptionNames, type CallOptions } from './transport.js';

/** What one attempt to take a lease may be given. */
export interface AttemptOptions extends CallOptions {
  /**
   * The duration of the lease in milliseconds, above 0: with a heartbeat, how long after a crash it
   * stays taken.
   *
   * @default 30000
   */
  readonly leaseMs?: number | undefined;
  /**
   * Renews the lease in the background until it is released, as `heartbeat()` of the handle does.
   *
   * @default false
   */
  readonly heartbeat?: boolean | undefined;
  /**
   * A value that others can read: what the holder says. At most 1,024 bytes of JSON; what JSON does
   * not bring back (`NaN`, a `Map`, a function …) is refused.
   */
  readonly info?: unknown;
}

/** What an acquisition that waits may be given. */
export interface AcquireOptions extends AttemptOptions {
  /**
   * How long to wait, in milliseconds; 0 is one attempt. It bounds the call, also while a request
   * gets no answer (the last attempt has a second for it). `Infinity` waits until it is free or
   * `signal` aborts.
   *
   * @default 10000
   */
  readonly waitMsMax?: number | undefined;
  /**
   * How the pauses between attempts grow: each is random, between 0 and a bound that begins at
   * `firstMs` and doubles up to `maxMs`. No pause lasts beyond the end of the holder's lease.
   *
   * @default { firstMs: 50, maxMs: 5000 }
   */
  readonly retry?: Partial<BackoffOptions> | undefined;
}

/** The names of `AttemptOptions`. */
export const attemptOptionNames: OptionNames<AttemptOptions> = {
  ...callOptionNames,
  leaseMs: true,
  heartbeat: true,
  info: true,
};

/** The names of `AcquireOptions`. */
export const acquireOptionNames: OptionNames<AcquireOptions> = {
  ...attemptOptionNames,
  waitMsMax: true,
  retry: true,
};

/** A year. More is a date that was passed as a duration. */
const leaseMsMax = 366 * 86_400_000;
/** The duration of a lease where none is given. */
export const leaseMsDefault = 30_000;

/** Throws unless `leaseMs` can be the duration of a lease. */
export function checkLease(leaseMs: number, max: number = leaseMsMax): void {
  checkPositive('leaseMs', leaseMs);
  if (leaseMs > max) {
    throw new InvalidInputError('leaseMs', leaseMs, `a duration of at most ${max} ms`);
  }
}

/** The duration of a lease that is given in seconds, as the original has it. */
export function leaseMsOf(timeoutSeconds: number): number {
  checkPositive('timeoutSeconds', timeoutSeconds);
  if (timeoutSeconds * 1000 > leaseMsMax) {
    const allowed = `a duration of at most ${leaseMsMax / 1000} seconds`;
    throw new InvalidInputError('timeoutSeconds', timeoutSeconds, allowed);
  }
  return timeoutSeconds * 1000;
}

/** How a call waits, with what was left out. */
export interface Waiting {
  readonly waitMsMax: number;
  readonly retry: BackoffOptions;
}

/** Checks how a call waits. */
export function waitingOf({ waitMsMax = 10_000, retry = {} }: AcquireOptions): Waiting {
  if (typeof waitMsMax !== 'number' || !(waitMsMax >= 0)) {
    throw new InvalidInputError('waitMsMax', waitMsMax, 'a number of milliseconds, 0 or more');
  }
  const { firstMs = Math.min(50, retry.maxMs ?? 50), maxMs = Math.max(5_000, firstMs) } = retry;
  checkPositive('retry.firstMs', firstMs);
  checkPositive('retry.maxMs', maxMs);
  if (maxMs < firstMs) {
    throw new InvalidInputError('retry.maxMs', maxMs, `at least retry.firstMs, ${firstMs}`);
  }
  return { waitMsMax, retry: { firstMs, maxMs } };
}

const infoBytesMax = 1_024;

/** A copy of what the caller passed as `info`, as it will be read. */
export function copyOfInfo(info: unknown): unknown {
  if (info === undefined) return undefined;
  const allowed = `a value of at most ${infoBytesMax} bytes of JSON, which brings it back`;
  let json: string;
  try {
    json = (jsonCodec.encode(info, 'info') as { S: string }).S;
  } catch (cause) {
    throw new InvalidInputError('info', info, allowed, { cause, isData: true });
  }
  if (utf8Bytes(json) > infoBytesMax) {
    throw new InvalidInputError('info', info, allowed, { isData: true });
  }
  return JSON.parse(json) as unknown;
}
