import type { CallOptions } from '@x/dynamo-core';
import {
  acquireOptionNames,
  checkString,
  leaseTable,
  within,
  type AcquireOptions,
  type TryAcquireOptions,
  type HeldLock,
  type LeaseRequest,
  type LeaseTable,
  type LeaseTableOptions,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import { ownAttributes } from './lock-row.js';

export type { AcquireOptions, TryAcquireOptions };

/** What a `DynamoLock` is constructed with. */
export type DynamoLockOptions = LeaseTableOptions;

/** What `withLock` may be given. */
export interface WithLockOptions extends AcquireOptions {
  /** @default true */
  readonly heartbeat?: boolean | undefined;
  /**
   * Keeps the lock closed until that many milliseconds after it was taken, also where the work ends
   * sooner: a job of 5 ms does not run once on each of three nodes. `withLock` does not wait for it.
   *
   * @default 0
   */
  readonly minimumHoldMs?: number | undefined;
}

/** What `list` and `sweep` may be given. */
export interface ListLocksOptions extends CallOptions {
  /** Only locks whose keys begin with this. @default '' */
  readonly prefix?: string | undefined;
}

/** The names of `WithLockOptions`. */
export const withLockOptionNames: OptionNames<WithLockOptions> = {
  ...acquireOptionNames,
  minimumHoldMs: within(0, 366 * 86_400_000),
};

/** The names of `ListLocksOptions`. */
export const listOptionNames: OptionNames<ListLocksOptions> = { signal: true, prefix: checkString };

/** What every part of a `DynamoLock` works with. */
export interface LockContext extends LeaseTable {
  /** What was taken and not released, for `releaseAll`. */
  readonly held: Set<HeldLock>;
  /** The acquisitions that are under way, and what ends them: for `releaseAll`, too. */
  readonly underWay: Map<Promise<unknown>, AbortController>;
  /**
   * What ends the next acquisitions that bring no signal: to make one takes longer than all else that is
   * ours in a request. It serves eight, as a clock may leave its listeners there.
   */
  ending?: (AbortController & { calls: number }) | undefined;
  /** The `releaseAll` that runs: nothing is acquired meanwhile. */
  closing?: Promise<unknown> | undefined;
}

/** Checks the options of a `DynamoLock` and puts them together. Sends nothing. */
export function lockContext(given: DynamoLockOptions | undefined): LockContext {
  return { ...leaseTable('lock', given, ownAttributes), held: new Set(), underWay: new Map() };
}

/** Why `releaseAll` ends an acquisition. */
export function releaseAllCalled(): DOMException {
  return new DOMException('releaseAll() was called', 'AbortError');
}

/** A lock that is asked for. */
export interface LockRequest extends LeaseRequest {
  /** How long it stays closed at least, asked when it is released. */
  readonly minimumHoldMs: () => number;
}
