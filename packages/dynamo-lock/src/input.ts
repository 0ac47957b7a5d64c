import { InvalidInputError } from '@x/dynamo-core';
import {
  checkInteger,
  checkKeyText,
  checkLease,
  checkedOptions,
  copyOfInfo,
  keyBytesMax,
  leaseMsDefault,
  leaseMsOf,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { AttemptOptions, WithLockOptions } from './options.js';

/** A lock that is asked for. */
export interface LockRequest {
  readonly key: string;
  readonly leaseMs: number;
  /** A copy of what the caller passed. */
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
  /** How long it stays closed at least. */
  readonly minimumHoldMs: number;
}

/** The options of a call, whose duration may come before them as a number of seconds. */
export function optionsOf<T extends AttemptOptions>(
  lease: T | number | undefined,
  options: T | undefined,
  names: OptionNames<T>,
): T {
  if (typeof lease !== 'number') return checkedOptions(lease, names);
  const checked = checkedOptions(options, names);
  return { ...checked, leaseMs: leaseMsOf(lease) };
}

/** Checks what the caller passed, and copies what is sent later. */
export function lockRequest(
  key: string,
  { leaseMs = leaseMsDefault, info, signal, minimumHoldMs = 0 }: WithLockOptions,
): LockRequest {
  checkLockKey(key);
  checkLease(leaseMs);
  checkInteger('minimumHoldMs', minimumHoldMs, 0, 366 * 86_400_000);
  return { key, leaseMs, info: copyOfInfo(info), signal, minimumHoldMs };
}

/** Checks the same for several keys, of which each counts once. */
export function lockRequests(keys: readonly string[], options: WithLockOptions): LockRequest[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new InvalidInputError('keys', keys, 'an array of at least one key');
  }
  return [...new Set<string>(keys)].map((key) => lockRequest(key, options));
}

/** Throws unless `key` can be the key of a lock. */
export function checkLockKey(key: string): void {
  checkKeyText('key', key, keyBytesMax.partition);
}

/** Throws unless `prefix` is a string. */
export function checkPrefix(prefix: string): void {
  if (typeof prefix !== 'string') throw new InvalidInputError('prefix', prefix, 'a string');
}
