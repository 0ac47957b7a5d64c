import { hostname } from 'node:os';

import {
  InvalidInputError,
  checkInteger,
  connect,
  utf8Bytes,
  type CallOptions,
  type ConnectionOptions,
} from '@x/dynamo-core';

import type { LockContext } from './lock-context.js';
import { locksTable } from './locks-table.js';

/** What a `DynamoLock` is constructed with. */
export interface DynamoLockOptions extends ConnectionOptions {
  /**
   * By how many milliseconds the wall clocks of any two clients may differ without two of them ever
   * holding a lock at once: a lock is taken from another only this long after its lease has ended.
   * From 0 to 3,600,000.
   *
   * @default 250
   */
  readonly skewToleranceMs?: number | undefined;
  /**
   * Who this client is, for `inspect`, `list` and `LockTimeoutError`. At most 256 bytes.
   *
   * @default the name of the host and the id of the process, `web-1:4711`
   */
  readonly holder?: string | undefined;
}

/** What an attempt may be given. */
export interface AttemptOptions extends CallOptions {
  /**
   * Renews the lease in the background until the lock is released, as `HeldLock.heartbeat` does.
   *
   * @default false
   */
  readonly heartbeat?: boolean | undefined;
  /** A value that is shown by `inspect` and `list`. At most 1,024 bytes of JSON. */
  readonly info?: unknown;
}

/** What an acquisition that waits may be given. */
export interface AcquireOptions extends AttemptOptions {
  /**
   * How long to wait for the lock, in milliseconds; 0 is one attempt. `Infinity` waits until the
   * lock is free or `signal` aborts.
   *
   * @default 10000
   */
  readonly waitMsMax?: number | undefined;
}

/** What `withLock` may be given. */
export interface WithLockOptions extends AcquireOptions {
  /**
   * The duration of the lease, in seconds, above 0. With a heartbeat, how long after a crash the
   * lock stays taken.
   *
   * @default 30
   */
  readonly timeoutSeconds?: number | undefined;
  /** @default true */
  readonly heartbeat?: boolean | undefined;
}

/** What `list` may be given. */
export interface ListLocksOptions extends CallOptions {
  /** Only locks whose keys begin with this. @default '' */
  readonly prefix?: string | undefined;
}

const holderBytesMax = 256;
const infoBytesMax = 1_024;
const skewToleranceMsMax = 3_600_000;

/** Checks the options of a `DynamoLock` and puts them together. Sends nothing. */
export function lockContext(options: DynamoLockOptions): LockContext {
  const { skewToleranceMs = 250, holder = `${hostname()}:${process.pid}`, monitoring } = options;
  checkInteger('skewToleranceMs', skewToleranceMs, 0, skewToleranceMsMax);
  if (typeof holder !== 'string' || holder === '' || utf8Bytes(holder) > holderBytesMax) {
    throw new InvalidInputError('holder', holder, `a string of 1 to ${holderBytesMax} bytes`);
  }
  return {
    ...connect(options, locksTable.name),
    logger: monitoring?.logger,
    skewToleranceMs,
    holder,
  };
}

/** Throws unless `waitMsMax` is a duration. */
export function checkWait(waitMsMax: number): void {
  if (typeof waitMsMax !== 'number' || !(waitMsMax >= 0)) {
    throw new InvalidInputError('waitMsMax', waitMsMax, 'a number of milliseconds, 0 or more');
  }
}

/** Throws unless `info` is left out or small JSON. */
export function checkInfo(info: unknown): void {
  if (info === undefined) return;
  const allowed = `a value of at most ${infoBytesMax} bytes of JSON`;
  let json: string | undefined;
  try {
    json = JSON.stringify(info);
  } catch (cause) {
    throw new InvalidInputError('info', info, allowed, { cause });
  }
  // JSON.stringify has no text for a function or a symbol.
  if (json === undefined || utf8Bytes(json) > infoBytesMax) {
    throw new InvalidInputError('info', info, allowed);
  }
}
