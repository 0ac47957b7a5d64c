import { InvalidInputError, jsonCodec } from '@x/dynamo-core';
import { checkKeyText, checkPositive, keyBytesMax, utf8Bytes } from '@x/dynamo-core/mechanism';

import type { AttemptOptions } from './options.js';

/** A lock that is asked for. */
export interface LockRequest {
  readonly key: string;
  readonly leaseMs: number;
  /** A copy of what the caller passed. */
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Checks what the caller passed, and copies what is sent later. */
export function lockRequest(
  key: string,
  timeoutSeconds: number,
  { info, signal }: AttemptOptions,
): LockRequest {
  checkLockKey(key);
  return { key, leaseMs: leaseMsOf(timeoutSeconds), info: copyOfInfo(info), signal };
}

/** Checks the same for several keys. */
export function lockRequests(
  keys: readonly string[],
  timeoutSeconds: number,
  options: AttemptOptions,
): LockRequest[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new InvalidInputError('keys', keys, 'an array of at least one key');
  }
  return keys.map((key: string) => lockRequest(key, timeoutSeconds, options));
}

/** Throws unless `key` can be the key of a lock. */
export function checkLockKey(key: string): void {
  checkKeyText('key', key, keyBytesMax.partition);
}

/** A year. More is a date, or milliseconds, that was passed as a duration in seconds. */
const timeoutSecondsMax = 366 * 86_400;

/** Checks the duration of a lease and turns it into milliseconds. */
export function leaseMsOf(timeoutSeconds: number): number {
  checkPositive('timeoutSeconds', timeoutSeconds);
  if (timeoutSeconds > timeoutSecondsMax) {
    throw new InvalidInputError(
      'timeoutSeconds',
      timeoutSeconds,
      `a duration of at most ${timeoutSecondsMax} seconds`,
    );
  }
  return timeoutSeconds * 1000;
}

/** Throws unless `waitMsMax` is a duration. */
export function checkWait(waitMsMax: number): void {
  if (typeof waitMsMax !== 'number' || !(waitMsMax >= 0)) {
    throw new InvalidInputError('waitMsMax', waitMsMax, 'a number of milliseconds, 0 or more');
  }
}

/** Throws unless `prefix` is a string. */
export function checkPrefix(prefix: string): void {
  if (typeof prefix !== 'string') throw new InvalidInputError('prefix', prefix, 'a string');
}

const infoBytesMax = 1_024;

function copyOfInfo(info: unknown): unknown {
  if (info === undefined) return undefined;
  const allowed = `a value of at most ${infoBytesMax} bytes of JSON, which brings it back`;
  let json: string;
  try {
    json = (jsonCodec.encode(info, 'info') as { S: string }).S;
  } catch (cause) {
    throw new InvalidInputError('info', info, allowed, { cause, isData: true });
  }
  if (utf8Bytes(json) > infoBytesMax)
    throw new InvalidInputError('info', info, allowed, { isData: true });
  return JSON.parse(json) as unknown;
}
