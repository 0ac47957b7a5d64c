import { hostname } from 'node:os';

import { InvalidInputError, type CallOptions, type ConnectionOptions } from '@x/dynamo-core';
import { checkInteger, connect, utf8Bytes, type Connection } from '@x/dynamo-core/mechanism';

import { locksTable } from './lock-row.js';

/** What a `DynamoLock` is constructed with. */
export interface DynamoLockOptions extends ConnectionOptions {
  /**
   * By how many milliseconds a clock may differ from DynamoDB's without two clients ever holding a
   * lock at once: a lock is taken from another only this long after its lease has ended. From 0 to
   * 3,600,000.
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
  /**
   * A value that is shown by `inspect` and `list`. At most 1,024 bytes of JSON; what JSON does not
   * bring back (`NaN`, a `Map`, a function …) is refused.
   */
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

/** What `list` and `sweep` may be given. */
export interface ListLocksOptions extends CallOptions {
  /** Only locks whose keys begin with this. @default '' */
  readonly prefix?: string | undefined;
}

/** What every part of a `DynamoLock` works with. */
export interface LockContext extends Connection {
  /** By how much a clock may differ from DynamoDB's. */
  readonly skewToleranceMs: number;
  /** Who this client is, in the rows that it writes. */
  readonly holder: string;
}

const holderBytesMax = 256;
const skewToleranceMsMax = 3_600_000;

/** Checks the options of a `DynamoLock` and puts them together. Sends nothing. */
export function lockContext(options: DynamoLockOptions): LockContext {
  const { skewToleranceMs = 250, holder = `${hostname()}:${process.pid}` } = options;
  checkInteger('skewToleranceMs', skewToleranceMs, 0, skewToleranceMsMax);
  if (typeof holder !== 'string' || holder === '' || utf8Bytes(holder) > holderBytesMax) {
    throw new InvalidInputError('holder', holder, `a string of 1 to ${holderBytesMax} bytes`);
  }
  return {
    ...connect(options, locksTable.name),
    skewToleranceMs,
    holder,
  };
}
