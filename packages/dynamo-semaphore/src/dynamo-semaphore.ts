import { S, type CallOptions } from '@x/dynamo-core';
import {
  checkFunction,
  acquireOptionNames,
  tryAcquireOptionNames,
  callOptionNames,
  checkInteger,
  checkKeyText,
  checkLease,
  checkedOptions,
  copyOfInfo,
  leaseMsDefault,
  leaseTable,
  readItem,
  runHeld,
  takeLease,
  waitingOf,
  type AcquireOptions,
  type TryAcquireOptions,
  type HeldLock,
  type LeaseTable,
  type LeaseTableOptions,
  type TakenLease,
  type Waiting,
  type OptionNames,
  type ReleaseOutcome,
} from '@x/dynamo-core/mechanism';

import { takePermit, type PermitRequest } from './acquire.js';
import { statusesOf, type PermitStatus } from './permit-row.js';

/** What a `DynamoSemaphore` is constructed with. */
export type DynamoSemaphoreOptions = LeaseTableOptions;

/** What `tryAcquire` is given. */
export interface TryPermitOptions extends TryAcquireOptions {
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

const tryNames: OptionNames<TryPermitOptions> = { ...tryAcquireOptionNames, n: true };
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
  readonly #context: LeaseTable;

  /** Checks the options and sends nothing. */
  constructor(options?: DynamoSemaphoreOptions) {
    this.#context = leaseTable('semaphore', options, ['taken', 'fence', 'waiters']);
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
    return this.#take(key, checkedOptions(options, tryNames), undefined);
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
    return this.#take(key, given, waitingOf(given));
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
    const given = { heartbeat: true, ...checkedOptions(options, acquireNames) };
    const permit = await this.#take(key, given, waitingOf(given));
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
    checkKeyText('key', key);
    const { clock, skewToleranceMs } = this.#context;
    const item = await readItem({ ...this.#context, key: { key: S(key) } }, true, { signal });
    return statusesOf(item, clock.now() - skewToleranceMs);
  }

  async #take<W extends Waiting | undefined>(
    key: string,
    given: TryPermitOptions,
    waiting: W,
  ): Promise<TakenLease<HeldLock, W>> {
    const context = this.#context;
    const request = permitRequest(key, given);
    return takeLease(context, { ...request, waiting }, (id, bounds) =>
      takePermit(context, request, id, bounds),
    );
  }
}

function permitRequest(key: string, options: TryPermitOptions): PermitRequest {
  const { n, leaseMs = leaseMsDefault, info, signal, heartbeat = false } = options;
  checkKeyText('key', key);
  checkInteger('n', n, 1, holdersMax);
  checkLease(leaseMs, leaseMsMax);
  return { key, n, leaseMs, info: copyOfInfo(info), signal, heartbeat };
}
