import { hostname } from 'node:os';

import type { CallOptions, ConnectionOptions, GivenMappings } from '@x/dynamo-core';
import {
  checkFunction,
  acquireOptionNames,
  attemptBounds,
  attemptOptionNames,
  callOptionNames,
  checkInteger,
  checkKeyText,
  checkLease,
  checkedOptions,
  connect,
  connectionOptionNames,
  copyOfInfo,
  deadline,
  keyBytesMax,
  leaseMsDefault,
  renamed,
  resolveMappings,
  runHeld,
  tryLease,
  waitForLease,
  waitingOf,
  type AcquireOptions,
  type AttemptOptions,
  type HeldLock,
  type OptionNames,
  type ReleaseOutcome,
  within,
} from '@x/dynamo-core/mechanism';

import { channels, takePermit, type PermitContext, type PermitRequest } from './acquire.js';
import { semaphoresTable, statusesOf, type PermitStatus } from './permit-row.js';
import { getPlaces } from './requests.js';

/** What a `DynamoSemaphore` is constructed with. */
export interface DynamoSemaphoreOptions extends ConnectionOptions {
  /**
   * By how many milliseconds a clock may differ from DynamoDB's without more than `n` ever holding a
   * place at once. From 0 to 3,600,000.
   *
   * @default 250
   */
  readonly skewToleranceMs?: number | undefined;
  /**
   * Who this client is, for `LockTimeoutError`. At most 256 bytes.
   *
   * @default the name of the host and the id of the process
   */
  readonly holder?: string | undefined;
  /**
   * What the table calls its key (`key`) and the attribute of its Time to Live (`purgeAt`), where that
   * differs.
   */
  readonly mappings?: GivenMappings<'partitionKeyFieldName' | 'ttlFieldName'> | undefined;
}

/** What `tryAcquire` is given. */
export interface TryPermitOptions extends AttemptOptions {
  /** How many may hold a place at once, by this caller: 1 to 100. */
  readonly n: number;
}

/** What `acquire` and `withPermit` are given. */
export interface AcquirePermitOptions extends AcquireOptions {
  /** How many may hold a place at once, by this caller: 1 to 100. */
  readonly n: number;
}

/**
 * A place that is held, until its lease ends: the handle of a lock, but that no holder comes after
 * another: it has no `previous`, and a release leaves nothing to the next.
 */
export interface HeldPermit extends Omit<HeldLock, 'previous' | 'release'> {
  /** Gives the place back if it is still ours: as `release()` of a lock. Sends one UpdateItem. */
  release(options?: CallOptions): Promise<ReleaseOutcome>;
}

const optionNames: OptionNames<DynamoSemaphoreOptions> = {
  ...connectionOptionNames,
  skewToleranceMs: within(0, 3_600_000),
  holder: true,
  mappings: true,
};
const mappingsDefault = { partitionKeyFieldName: 'key', ttlFieldName: 'purgeAt' };
const tryNames: OptionNames<TryPermitOptions> = { ...attemptOptionNames, n: true };
const acquireNames: OptionNames<AcquirePermitOptions> = { ...acquireOptionNames, n: true };
const holdersMax = 100;
/** A row is kept for longer than any of its leases. */
const leaseMsMax = 7 * 86_400_000;

/**
 * Semaphores in a DynamoDB table: at most `n` holders at once, each with a lease that ends by itself
 * when its holder dies, and a fence.
 *
 * Never more than `n` hold a place at once while their clocks are within `skewToleranceMs` of
 * DynamoDB's. `n` is each caller's own: where one asks for fewer, those who hold a place finish.
 */
export class DynamoSemaphore {
  readonly #context: PermitContext;

  /** Checks the options and sends nothing. */
  constructor(options?: DynamoSemaphoreOptions) {
    const given = checkedOptions(options, optionNames);
    const { skewToleranceMs = 250, holder = `${hostname()}:${process.pid}` } = given;
    checkKeyText('holder', holder, 256);
    const names = resolveMappings(mappingsDefault, given.mappings, ['taken', 'fence', 'waiters']);
    const connection = connect(given, semaphoresTable.name);
    const transport = renamed(connection.transport, connection.tableName, {
      key: names.partitionKeyFieldName,
      purgeAt: names.ttlFieldName,
    });
    this.#context = { ...connection, transport, skewToleranceMs, holder };
  }

  /**
   * Takes a place if there is one: one attempt, without waiting.
   *
   * Sends one UpdateItem where a place is free or all are held, and a second one where a dead holder's
   * has to be taken (one write unit per KB of the row, about 180 bytes per holder). A lost response
   * does no harm: the repeat finds its own work.
   *
   * @returns the place, or `undefined` while `n` others hold one
   * @throws the SDK's errors, and the signal's reason when it aborts
   *
   * @example
   * ```ts
   * import { DynamoSemaphore } from '@x/dynamo-semaphore';
   *
   * const semaphore = new DynamoSemaphore({ tableName: 'semaphores' });
   * const permit = await semaphore.tryAcquire('exports', { n: 3 });
   * if (permit) await permit.release();
   * ```
   */
  async tryAcquire(key: string, options: TryPermitOptions): Promise<HeldPermit | undefined> {
    const given = checkedOptions(options, tryNames);
    const request = permitRequest(key, given);
    const context = this.#context;
    const taking = { signal: given.signal, channels };
    const permit = await tryLease(key, context, taking, (id, bounds) =>
      takePermit(context, request, id, bounds),
    );
    return permit && started(permit, given.heartbeat);
  }

  /**
   * Takes a place, and waits for one: with full jitter, and never beyond the end of the lease
   * that makes room.
   * Waiting is not FIFO. Sends what `tryAcquire` sends for each attempt.
   *
   * @throws LockTimeoutError when `waitMsMax` went by
   */
  async acquire(key: string, options: AcquirePermitOptions): Promise<HeldPermit> {
    const given = checkedOptions(options, acquireNames);
    return started(await this.#wait(key, given), given.heartbeat);
  }

  /**
   * Runs `fn` while holding a place, which is renewed in the background, and gives it back: as
   * `withLock` of `@x/dynamo-lock`.
   *
   * @example
   * ```ts
   * import { DynamoSemaphore } from '@x/dynamo-semaphore';
   *
   * const semaphore = new DynamoSemaphore({ tableName: 'semaphores' });
   * await semaphore.withPermit('exports', { n: 3 }, (permit) => console.log(permit.fence));
   * ```
   */
  async withPermit<T>(
    key: string,
    options: AcquirePermitOptions,
    fn: (permit: HeldPermit) => T | Promise<T>,
  ): Promise<T> {
    checkFunction('fn', fn);
    const given = checkedOptions(options, acquireNames);
    const permit = started(await this.#wait(key, given), given.heartbeat ?? true);
    const { logger } = this.#context.monitoring;
    return await runHeld(permit, fn, { name: key, signal: given.signal, logger });
  }

  /**
   * Those who hold a place, with what they say, whose lease ends first in front; empty where nobody
   * does. The answer may be out of date when it arrives: to decide on it, take a place.
   *
   * Sends one consistent GetItem (one read unit per 4 KB of the row). Throws the SDK's errors.
   *
   * @example
   * ```ts
   * import { DynamoSemaphore } from '@x/dynamo-semaphore';
   *
   * const holders = await new DynamoSemaphore({ tableName: 'semaphores' }).inspect('exports');
   * console.log(holders.map(({ holder, info }) => [holder, info]));
   * ```
   */
  async inspect(key: string, options?: CallOptions): Promise<PermitStatus[]> {
    const { signal } = checkedOptions(options, callOptionNames);
    checkKeyText('key', key, keyBytesMax.partition);
    const { transport, tableName, clock, skewToleranceMs } = this.#context;
    const { Item } = await deadline(attemptBounds(clock, signal), (bound) =>
      transport.call('GetItem', getPlaces(tableName, key), { signal: bound }),
    );
    return statusesOf(Item, clock.now() - skewToleranceMs);
  }

  async #wait(key: string, given: AcquirePermitOptions): Promise<HeldLock> {
    const waiting = waitingOf(given);
    const request = permitRequest(key, given);
    const context = this.#context;
    const options = { signal: given.signal, toleranceMs: context.skewToleranceMs, channels };
    return waitForLease(key, context, waiting, options, (id, bounds) =>
      takePermit(context, request, id, bounds),
    );
  }
}

function permitRequest(key: string, options: TryPermitOptions): PermitRequest {
  const { n, leaseMs = leaseMsDefault, info, signal } = options;
  checkKeyText('key', key, keyBytesMax.partition);
  checkInteger('n', n, 1, holdersMax);
  checkLease(leaseMs, leaseMsMax);
  return { key, n, leaseMs, info: copyOfInfo(info), signal };
}

function started(permit: HeldLock, heartbeat = false): HeldLock {
  if (heartbeat) permit.heartbeat();
  return permit;
}
