import { DynamoPrimitiveError } from './errors.js';

// A class that names itself (`LockLostError.code`) is renamed by the build: `_LockLostError`.

/**
 * Why a lock, or a place of a semaphore, is not held any more.
 *
 * - `stolen`: the row says that another has it, or was deleted, or it was freed by force.
 * - `expired`: the lease ended without a renewal.
 * - `unreachable`: the lease ended while renewals failed; the error's `cause` is the last failure.
 * - `released`: `release()` was called.
 */
export type LockLossReason = 'stolen' | 'expired' | 'unreachable' | 'released';

const states: Record<LockLossReason, string> = {
  stolen: 'it was taken by another, freed by force or deleted',
  expired: 'its lease has ended',
  unreachable: 'its lease has ended and could not be renewed',
  released: 'it was released',
};

/** A lock is not held any more. What it protects must not be touched. */
export class LockLostError extends DynamoPrimitiveError {
  static override readonly code = 'LockLost';

  /** The key of the lock. */
  readonly key: string;
  /** The fencing number under which it was held. */
  readonly fence: number;
  /** Why it is not held. */
  readonly reason: LockLossReason;

  constructor(key: string, fence: number, reason: LockLossReason, options?: ErrorOptions) {
    super('LockLost', `Cannot hold lock "${key}" (fence ${fence}): ${states[reason]}`, options);
    this.key = key;
    this.fence = fence;
    this.reason = reason;
  }
}

/** What is known about whoever was in the way. */
export interface LockTimeoutDetails {
  readonly holder: string | undefined;
  readonly expiresAtMs: number;
}

/** A lock did not become free in time. Nothing is held. */
export class LockTimeoutError extends DynamoPrimitiveError {
  static override readonly code = 'LockTimeout';

  /** The key of the lock. */
  readonly key: string;
  /** For how long it was waited for. */
  readonly waitedMs: number;
  /** Who held it at the last attempt, if the row said so. */
  readonly holder: string | undefined;
  /** When that holder's lease ends, unless it is renewed, in epoch milliseconds. */
  readonly expiresAtMs: number | undefined;

  constructor(
    key: string,
    waitedMs: number,
    status: LockTimeoutDetails | undefined,
    options?: ErrorOptions,
  ) {
    const why = options === undefined ? describe(status) : 'no answer came';
    const message = `Cannot acquire lock "${key}" within ${Math.round(waitedMs)} ms: ${why}`;
    super('LockTimeout', message, options);
    this.key = key;
    this.waitedMs = waitedMs;
    this.holder = status?.holder;
    this.expiresAtMs = status?.expiresAtMs;
  }
}

/** The largest moment that a `Date` can have. */
const dateMsMax = 8_640_000_000_000_000;

function describe(status: LockTimeoutDetails | undefined): string {
  if (status === undefined) return 'its lease ended before the answer came';
  const holder = status.holder === undefined ? 'an unnamed client' : `"${status.holder}"`;
  const end = new Date(Math.min(status.expiresAtMs, dateMsMax)).toISOString();
  return `held by ${holder} until ${end}`;
}
