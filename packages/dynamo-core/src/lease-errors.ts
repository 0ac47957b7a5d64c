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
    super('LockLost', `Cannot hold "${key}" (fence ${fence}): ${states[reason]}`, options);
    this.key = key;
    this.fence = fence;
    this.reason = reason;
  }
}
