import {
  checkInteger,
  checkOneOf,
  InvalidInputError,
  type CallOptions,
  type CompoundKey,
  type PartitionedRowsOptions,
  type PartitionedTable,
} from '@x/dynamo-core';

import { tableRows } from './attempt-row.js';
import { AttemptsError } from './errors.js';
import { Limiter } from './limiter.js';
import type { AttemptLimits } from './limits.js';
import type {
  AttemptOptions,
  LimitedAttemptOptions,
  PeekedAttempt,
  SuccessfulAttempt,
} from './options.js';
import type { ResetState } from './reset-state.js';
import { statusOf } from './successful-attempt.js';
import { judge } from './verdict.js';

/**
 * Limits how often something is attempted: logins, codes, resets, requests. Attempts are counted in
 * DynamoDB, by one conditional request each, so that any number of processes share a limit and
 * parallel attempts cannot pass it.
 *
 * @example
 * ```ts
 * import { AttemptsError, LimitedAttempt } from '@x/dynamo-limited-attempt';
 *
 * const limiter = new LimitedAttempt();
 * const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
 * try {
 *   const attempt = await limiter.attempt(key, { attemptsMax: 3, validityTime: 3_600_000 });
 *   // … the password is right:
 *   await attempt.clear();
 * } catch (error) {
 *   if (!(error instanceof AttemptsError)) throw error;
 *   console.log(`Too many attempts, try again in ${error.retryAfterMs} ms`);
 * }
 * ```
 */
export class LimitedAttempt {
  readonly #limiter: Limiter;

  /**
   * Sends nothing.
   *
   * @param table a `PartitionedKeyValueTable`, or where its table is
   * @throws InvalidInputError for a bad option
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   * import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
   *
   * const limiter = new LimitedAttempt(new PartitionedKeyValueTable(), { shield: true });
   * ```
   */
  constructor(
    table: PartitionedTable | PartitionedRowsOptions = {},
    {
      onStoreError = 'throw',
      shield = false,
      rememberedKeysMax = 1000,
    }: LimitedAttemptOptions = {},
  ) {
    checkOneOf('onStoreError', onStoreError, ['throw', 'allow']);
    checkInteger('rememberedKeysMax', rememberedKeysMax, shield === false ? 0 : 1);
    const { maskMsMax = Infinity } = shield === true || shield === false ? {} : shield;
    if (!(maskMsMax > 0)) throw new InvalidInputError('maskMsMax', maskMsMax, 'a number above 0');
    this.#limiter = new Limiter(tableRows(table), {
      allowsOnStoreError: onStoreError === 'allow',
      rememberedKeysMax,
      maskMs: shield === false ? 0 : maskMsMax,
    });
  }

  /**
   * Counts an attempt that is within the limit, or within all of several limits; throws for one
   * that is not, which is not counted for any of them. However many clients attempt at once, no
   * more are admitted than the limits allow.
   *
   * Sends one UpdateItem (one write unit) when it is admitted and when it is refused; a second one
   * when a window follows another (what each algorithm needs is said there), and when a refusal
   * begins a block. The window's first context comes back with all of its attempts.
   *
   * An attempt whose response is lost is counted once: the SDK's repeat recognises itself by its
   * id, as long as fewer than 16 other attempts or refunds of the key were counted and the key was
   * not cleared in between. Beyond that it may count twice; more than the limit is never admitted.
   * When the process dies, the attempt is counted or not.
   *
   * @param limits `attemptsMax` attempts within `validityTime` milliseconds; up to 4 such limits.
   *   Several are kept apart by their position.
   * @param contextToStore a text to keep with the window that this attempt begins
   * @throws AttemptsError when a limit is used up
   * @throws InvalidInputError for a bad key, limit, cost or context; nothing is sent
   * @throws ItemTooLargeError for a context that does not fit into a row; nothing is sent
   * @throws UnreadableRowError when something else is stored under the key
   * @throws ConflictError when others changed the row in each of 50 tries
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'sms', namespace: 'attempts', sort: 'user-123' };
   * const { remaining } = await limiter.attempt(key, [
   *   { attemptsMax: 3, validityTime: 60_000 },
   *   { attemptsMax: 10, validityTime: 86_400_000 },
   * ]);
   * console.log(`${remaining} left`);
   * ```
   */
  async attempt<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    contextToStore?: NoInfer<T>,
    options: AttemptOptions = {},
  ): Promise<SuccessfulAttempt<T>> {
    const call = this.#limiter.prepare(key, limits, contextToStore, options);
    const result = await this.#limiter.take<T>(call);
    if ('admitted' in result) return result.admitted;
    const { attempts, attemptsMax: limit, resetAtMs: resetAt, admitsAtMs } = result.refused;
    const retryAfterMs = admitsAtMs - call.nowMs;
    throw new AttemptsError({ key: call.label, attempts, limit, resetAt, retryAfterMs });
  }

  /**
   * `attempt` that answers `undefined` where that throws an `AttemptsError`. Sends the same.
   *
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'export', namespace: 'attempts', sort: 'user-123' };
   * const attempt = await limiter.tryAttempt(key, { attemptsMax: 1, validityTime: 60_000 });
   * console.log(attempt ? 'exporting' : 'one export a minute');
   * ```
   */
  async tryAttempt<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    contextToStore?: NoInfer<T>,
    options: AttemptOptions = {},
  ): Promise<SuccessfulAttempt<T> | undefined> {
    const result = await this.#limiter.take<T>(
      this.#limiter.prepare(key, limits, contextToStore, options),
    );
    return 'admitted' in result ? result.admitted : undefined;
  }

  /**
   * Says what an attempt would meet now, without counting one.
   *
   * Sends one consistent GetItem, one read unit for each 4 KB.
   *
   * @throws InvalidInputError, UnreadableRowError as `attempt` does
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
   * const { remaining } = await limiter.peek(key, { attemptsMax: 3, validityTime: 3_600_000 });
   * console.log(`${remaining} attempts left`);
   * ```
   */
  async peek<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    options: AttemptOptions = {},
  ): Promise<PeekedAttempt<T>> {
    const call = this.#limiter.prepare(key, limits, undefined, options);
    const row = await this.#limiter.read(call);
    const verdict = judge(row?.item, call.limits, call);
    return {
      ...statusOf(verdict),
      isAdmitted: verdict.isAdmitted,
      retryAfterMs: verdict.admitsAtMs - call.nowMs,
      context: verdict.isIdle ? undefined : (row?.item['context']?.S as T | undefined),
    };
  }

  /**
   * Forgets all attempts of a key, and a block: somebody was told on the phone to try again.
   *
   * Sends one DeleteItem, one write unit. Safe to repeat, but an attempt made between a send and
   * its repeat is forgotten too.
   *
   * @throws InvalidInputError for a bad key; nothing is sent
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * await limiter.clear({ partition: 'login', namespace: 'attempts', sort: 'user-123' });
   * ```
   */
  async clear(key: CompoundKey, { signal }: CallOptions = {}): Promise<void> {
    await this.#limiter.clear(key, signal);
  }
}
