import { hostname } from 'node:os';

import type { CallOptions, ConnectionOptions, GivenMappings } from '@x/dynamo-core';
import {
  acquireOptionNames,
  attemptOptionNames,
  callOptionNames,
  checkKeyText,
  checkedOptions,
  connect,
  connectionOptionNames,
  leaseChannels,
  renamed,
  resolveMappings,
  type AcquireOptions,
  type AttemptOptions,
  type Connection,
  type HeldLock,
  type LeaseChannels,
  type OptionNames,
  checkString,
  within,
} from '@x/dynamo-core/mechanism';

import { locksTable, ownAttributes } from './lock-row.js';

export type { AcquireOptions, AttemptOptions };

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
   * Who this client is, for `inspect`, `list`, `previous` and `LockTimeoutError`. At most 256 bytes.
   *
   * @default the name of the host and the id of the process, `web-1:4711`
   */
  readonly holder?: string | undefined;
  /**
   * What the table calls its key (`key`) and the attribute of its Time to Live (`purgeAt`), where that
   * differs.
   */
  readonly mappings?: GivenMappings<'partitionKeyFieldName' | 'ttlFieldName'> | undefined;
}

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

/** The names of each kind of options. */
export const names: {
  readonly call: OptionNames<CallOptions>;
  readonly attempt: typeof attemptOptionNames;
  readonly acquire: OptionNames<AcquireOptions>;
  readonly withLock: OptionNames<WithLockOptions>;
  readonly list: OptionNames<ListLocksOptions>;
} = {
  call: callOptionNames,
  attempt: attemptOptionNames,
  acquire: acquireOptionNames,
  withLock: { ...acquireOptionNames, minimumHoldMs: within(0, 366 * 86_400_000) },
  list: { ...callOptionNames, prefix: checkString },
};

/** What every part of a `DynamoLock` works with. */
export interface LockContext extends Connection {
  /** By how much a clock may differ from DynamoDB's. */
  readonly skewToleranceMs: number;
  /** Who this client is, in the rows that it writes. */
  readonly holder: string;
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

/** Who hears of locks. */
export const channels: LeaseChannels = /* @__PURE__ */ leaseChannels('lock');

const lockOptionNames: OptionNames<DynamoLockOptions> = {
  ...connectionOptionNames,
  skewToleranceMs: within(0, 3_600_000),
  holder: true,
  mappings: true,
};

const mappingsDefault = { partitionKeyFieldName: 'key', ttlFieldName: 'purgeAt' };

const holderBytesMax = 256;

/** Checks the options of a `DynamoLock` and puts them together. Sends nothing. */
export function lockContext(given: DynamoLockOptions | undefined): LockContext {
  const options = checkedOptions(given, lockOptionNames);
  const { skewToleranceMs = 250, holder = `${hostname()}:${process.pid}` } = options;
  checkKeyText('holder', holder, holderBytesMax);
  const { partitionKeyFieldName, ttlFieldName } = resolveMappings(
    mappingsDefault,
    options.mappings,
    ownAttributes,
  );
  const connection = connect(options, locksTable.name);
  const names = { key: partitionKeyFieldName, purgeAt: ttlFieldName };
  const transport = renamed(connection.transport, connection.tableName, names);
  return {
    ...connection,
    transport,
    skewToleranceMs,
    holder,
    held: new Set(),
    underWay: new Map(),
  };
}

/** Why `releaseAll` ends an acquisition. */
export function releaseAllCalled(): DOMException {
  return new DOMException('releaseAll() was called', 'AbortError');
}

/** A lock that is asked for. */
export interface LockRequest {
  readonly key: string;
  readonly leaseMs: number;
  /** A copy of what the caller passed. */
  readonly info: unknown;
  readonly signal: AbortSignal | undefined;
  /** How long it stays closed at least, asked when it is released. */
  readonly minimumHoldMs: () => number;
}
