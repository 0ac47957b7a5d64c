import type { CompoundKey, PartitionedTable } from '@x/dynamo-core';
import {
  checkedOptions,
  checkInteger,
  listOf,
  onFirstUse,
  partitionedRowsOptionNames,
  rowsOf,
  type PartitionedRowsOptions,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  blockOf,
  rowAttributes,
  type ChangedRow,
  type Decision,
  type KeyCall,
  type Plan,
} from './attempt-row.js';
import type { Handle, Waiters } from './key-calls.js';
import { Limiter, type Deciding } from './limiter.js';
import { isHopeless, resolveLimits, statusAfter, statusOf } from './limits.js';
import {
  attemptOptionNames,
  costOptionNames,
  decisionOptionNames,
  largestLimit,
  limiterOptionNames,
  waitOptionNames,
  type AttemptAllOptions,
  type AttemptAllResult,
  type AttemptEntry,
  type AttemptLimits,
  type AttemptOptions,
  type AttemptResult,
  type CostOptions,
  type DecisionOptions,
  type LimitedAttemptOptions,
  type LimiterOptions,
  type PeekedAttempt,
  type ResetState,
  type SuccessfulAttempt,
  type WaitOptions,
} from './options.js';
import { countParts, rarely } from './requests.js';

const several = /* @__PURE__ */ onFirstUse(() => import('./attempt-all.js'));
const blocking = /* @__PURE__ */ onFirstUse(() => import('./block-key.js'));
const asking = /* @__PURE__ */ onFirstUse(() => import('./key-calls.js'));
const refusing = /* @__PURE__ */ onFirstUse(() => import('./errors.js'));

/**
 * Limits how often something is attempted: logins, codes, resets, requests, costs. Attempts are
 * counted in DynamoDB, by one conditional request each, so that any number of processes share a limit
 * and parallel attempts cannot pass it.
 *
 * @example
 * ```ts
 * import { AttemptsError, LimitedAttempt } from '@x/dynamo-limited-attempt';
 *
 * const limiter = new LimitedAttempt();
 * const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
 * try {
 *   const attempt = await limiter.attempt(key, { attemptsMax: 3, windowMs: 3_600_000 });
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
  readonly #waiters: Waiters = new Map();

  /**
   * Sends nothing.
   *
   * @param table a `PartitionedKeyValueTable`, or where its table is; how the limiter answers may
   *   stand with the latter or in `options`
   * @throws InvalidInputError for a bad option
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   * import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
   *
   * const limiter = new LimitedAttempt(new PartitionedKeyValueTable(), { shield: true });
   * const failsOpen = new LimitedAttempt({ onStoreError: 'allow', timeoutMs: 500 });
   * ```
   */
  constructor(
    table: PartitionedTable | PartitionedRowsOptions | LimitedAttemptOptions = {},
    options: LimiterOptions = {},
  ) {
    const { rows, given } = rowsOf<LimitedAttemptOptions>(
      table,
      [...rowAttributes, ...attemptRegisters],
      {
        ...partitionedRowsOptionNames,
        ...limiterOptionNames,
      },
    );
    this.#limiter = new Limiter(rows, { ...given, ...checkedOptions(options, limiterOptionNames) });
  }

  /**
   * Counts an attempt that is within the limit, or within all of several limits; throws for one that
   * is not, which is not counted for any of them. However many clients attempt at once, no more are
   * admitted than the limits allow.
   *
   * Sends one UpdateItem (one write unit) when it is admitted and when it is refused; a second one
   * where a window follows another and this process did not make its latest change (what each
   * algorithm needs is said there), where a refusal begins a block, and where the row would expire too early. A cost above
   * the limit and an `attemptsMax` of 0 are refused without a request. The window's first context
   * comes back with all of its attempts.
   *
   * An attempt whose response is lost is counted once: the SDK's repeat recognises itself by its id,
   * as long as fewer than 16 other changes of the key were made and the key was not cleared in
   * between. Beyond that it may count twice; more than the limit is never admitted. When the process
   * dies, the attempt is counted or not.
   *
   * @param limits `attemptsMax` attempts within `windowMs` milliseconds; up to 4 such limits. Several
   *   are kept apart by their position.
   * @param contextOrOptions a text to keep with the window that this attempt begins, or an object
   * @throws AttemptsError when it is refused
   * @throws InvalidInputError for a bad key, limit, cost or context; nothing is sent
   * @throws ItemTooLargeError for a context that does not fit into a row; nothing is sent
   * @throws KeyCollisionError, UnreadableRowError when something else is stored under the key
   * @throws ConflictError when others changed the row in each of 50 tries, or for 30 s
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'sms', namespace: 'attempts', sort: 'user-123' };
   * const limits = [
   *   { attemptsMax: 3, windowMs: 60_000 },
   *   { attemptsMax: 10, windowMs: 86_400_000 },
   * ];
   * const { remaining } = await limiter.attempt(key, limits, { cost: 2 });
   * console.log(`${remaining} left`);
   * ```
   */
  async attempt<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    contextOrOptions?: NoInfer<T> | AttemptOptions<NoInfer<T>>,
  ): Promise<SuccessfulAttempt<T>> {
    const decision = await this.#decideWith(key, limits, optionsOf(contextOrOptions));
    const { call, result } = decision;
    if (result.isAdmitted) return this.#successfulAttempt(decision);
    const { AttemptsError } = await refusing();
    throw new AttemptsError(call.displayKey, result);
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
   * const attempt = await limiter.tryAttempt(key, { attemptsMax: 1, windowMs: 60_000 });
   * console.log(attempt ? 'exporting' : 'one export a minute');
   * ```
   */
  async tryAttempt<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    contextOrOptions?: NoInfer<T> | AttemptOptions<NoInfer<T>>,
  ): Promise<SuccessfulAttempt<T> | undefined> {
    const decision = await this.#decideWith(key, limits, optionsOf(contextOrOptions));
    return decision.result.isAdmitted ? this.#successfulAttempt(decision) : undefined;
  }

  /**
   * `attempt` that answers with plain data, refused or not: what a response with status 429 and its
   * headers are made of. Never throws for a refusal. Sends the same.
   *
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'api', namespace: 'requests', sort: 'customer-7' };
   * const result = await limiter.consume(key, { attemptsMax: 100, windowMs: 60_000 });
   * const { isAdmitted, remaining, retryAfterMs = 60_000 } = result;
   * console.log(isAdmitted ? `${remaining} left` : `Retry-After: ${Math.ceil(retryAfterMs / 1000)}`);
   * ```
   */
  async consume(
    key: CompoundKey,
    limits: AttemptLimits,
    options?: AttemptOptions,
  ): Promise<AttemptResult> {
    return (await this.#decideWith(key, limits, options)).result;
  }

  /**
   * Counts what has happened already, past the limit if need be: a penalty, or a cost that is known
   * afterwards. Answers where that leaves the key: `isAdmitted` says whether it is within the limit.
   * Windows keep all of the excess, a log its newest `attemptsMax` times, a bucket the whole debt. It
   * begins no block.
   *
   * Sends one UpdateItem, a second one where `attempt` does. A lost response counts once, as there.
   *
   * @throws what `attempt` throws, but no AttemptsError
   * @throws InvalidInputError for a cost above 1,000,000,000, the largest limit
   * @example
   * ```ts
   * import { LimitedAttempt, tokenBucket } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'model', namespace: 'tokens', sort: 'customer-7' };
   * const limit = { attemptsMax: 10_000, windowMs: 60_000, algorithm: tokenBucket };
   * const { isAdmitted } = await limiter.peek(key, limit);
   * // … call the model, which says what it took:
   * if (isAdmitted) await limiter.record(key, limit, { cost: 1_234 });
   * ```
   */
  async record(
    key: CompoundKey,
    limits: AttemptLimits,
    options?: CostOptions,
  ): Promise<AttemptResult> {
    const call = this.#limiter.prepare(key, resolveLimits(limits), options, costOptionNames);
    checkInteger('cost', call.cost, 1, largestLimit);
    const { record } = await asking();
    return record(this.#limiter, call);
  }

  /**
   * Gives back `cost` of what counts now, also from another process: the newest first, never below 0.
   * Answers whether anything was given back. The `refund` of an attempt's own handle is exact by its
   * id; this one takes what is there.
   *
   * Sends one GetItem, and one UpdateItem where there is something; one more for each change of
   * others that comes in between.
   *
   * @throws what `attempt` throws, but no AttemptsError
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'export', namespace: 'attempts', sort: 'user-123' };
   * const limit = { attemptsMax: 10, windowMs: 86_400_000 };
   * const hasGiven = await limiter.refund(key, limit, { cost: 2 });
   * console.log(hasGiven ? 'given back' : 'nothing to give back');
   * ```
   */
  async refund(key: CompoundKey, limits: AttemptLimits, options?: CostOptions): Promise<boolean> {
    const call = this.#limiter.prepare(key, resolveLimits(limits), options, costOptionNames);
    const { giveBack } = await asking();
    return giveBack(this.#limiter, call);
  }

  /**
   * Refuses every attempt of the key, by any limit, for so many milliseconds from now. The counts
   * stay. A block that lasts longer is not shortened.
   *
   * Sends one UpdateItem; a second one where the row would expire before the block ends, or where a block
   * runs that lasts longer. A repeat of a lost response, or a copy that comes late, recognises itself, and
   * does not block again what was unblocked.
   *
   * @throws InvalidInputError for a bad key or duration; nothing is sent
   * @throws KeyCollisionError, UnreadableRowError when something else is stored under the key
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * await limiter.block({ partition: 'login', namespace: 'attempts', sort: 'user-123' }, 3_600_000);
   * ```
   */
  async block(key: CompoundKey, durationMs: number, options?: DecisionOptions): Promise<void> {
    const call = this.#limiter.prepare(key, [], options, decisionOptionNames);
    const { block } = await blocking();
    await block(this.#limiter, call, durationMs);
  }

  /**
   * Ends a block, also one that a limit's `blockMs` began. The counts stay.
   *
   * Sends one UpdateItem; a second one where the row is about to expire. A copy that comes late does not
   * end a block that begins after it, since the row remembers also what found none.
   *
   * @throws InvalidInputError for a bad key; nothing is sent
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * await limiter.unblock({ partition: 'login', namespace: 'attempts', sort: 'user-123' });
   * ```
   */
  async unblock(key: CompoundKey, options?: DecisionOptions): Promise<void> {
    const call = this.#limiter.prepare(key, [], options, decisionOptionNames);
    const { unblock } = await blocking();
    await unblock(this.#limiter, call);
  }

  /**
   * Counts an attempt of each of several keys, such as an address and a user: of all of them where
   * all are within their limits, else of none. Never throws for a refusal.
   *
   * Sends one TransactWriteItems, two write units for each key; one more where a row is not as
   * expected. Where another change of a key is under way, DynamoDB refuses one of the two, and that
   * one is repeated with pauses. What is left after an admission is not known without reading:
   * `remaining: true` does so, by one BatchGetItem. A refusal says where the keys stand that refuse.
   *
   * @throws InvalidInputError for bad entries, two with one key, or more than 100; nothing is sent
   * @throws what `attempt` throws, but no AttemptsError
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const { isAdmitted, retryAfterMs } = await limiter.attemptAll([
   *   {
   *     key: { partition: '10.0.0.1', namespace: 'login', sort: 'address' },
   *     limits: { attemptsMax: 100, windowMs: 3_600_000 },
   *   },
   *   {
   *     key: { partition: 'user-123', namespace: 'login', sort: 'user' },
   *     limits: { attemptsMax: 5, windowMs: 900_000 },
   *   },
   * ]);
   * console.log(isAdmitted ? 'check the password' : `status 429 for ${retryAfterMs} ms`);
   * ```
   */
  async attemptAll(
    entries: readonly AttemptEntry[],
    options?: AttemptAllOptions,
  ): Promise<AttemptAllResult> {
    const list = listOf('entries', entries);
    const entryNames = { key: true, limits: true, cost: true } as const;
    const calls = list.map((entry) => {
      const { key, limits, cost } = checkedOptions(entry, entryNames, 'entry');
      return this.#limiter.prepare(key, resolveLimits(limits), { cost }, costOptionNames);
    });
    const names = { ...decisionOptionNames, remaining: 'boolean' } as const;
    const given = checkedOptions(options, names);
    const { attemptAll } = await several();
    return attemptAll(this.#limiter, calls, given);
  }

  /**
   * `attempt` that waits until it is admitted, spaced by `retryAfterMs` and some jitter. Throws its
   * `AttemptsError` at once where `waitMsMax` cannot suffice, or where `waitersMax` calls of this
   * process wait for the key. It is not FIFO.
   *
   * Sends what `attempt` sends, for each try.
   *
   * @throws the signal's reason when it aborts
   * @throws what `attempt` throws
   * @example
   * ```ts
   * import { LimitedAttempt, tokenBucket } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'crawler', namespace: 'requests', sort: 'example.org' };
   * const limit = { attemptsMax: 7, windowMs: 1_000, burst: 10, algorithm: tokenBucket };
   * await limiter.wait(key, limit, { waitMsMax: 5_000 });
   * console.log('its turn');
   * ```
   */
  async wait<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    options?: WaitOptions<NoInfer<T>>,
  ): Promise<SuccessfulAttempt<T>> {
    const given = checkedOptions(options, waitOptionNames);
    const first = this.#limiter.prepare(key, resolveLimits(limits), given, waitOptionNames);
    const { waitFor } = await asking();
    const decide = (call: KeyCall): Promise<Decision> => this.#decide(call);
    const decision = await waitFor(this.#limiter, this.#waiters, first, given, decide);
    return this.#successfulAttempt(decision);
  }

  /**
   * Says what an attempt would meet now, without counting one.
   *
   * Sends one consistent GetItem, one read unit for each 4 KB.
   *
   * @throws InvalidInputError, KeyCollisionError, UnreadableRowError as `attempt` does
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
   * const { remaining } = await limiter.peek(key, { attemptsMax: 3, windowMs: 3_600_000 });
   * console.log(`${remaining} attempts left`);
   * ```
   */
  async peek<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    limits: AttemptLimits,
    options?: CostOptions,
  ): Promise<PeekedAttempt<T>> {
    const call = this.#limiter.prepare(key, resolveLimits(limits), options, costOptionNames);
    const { peek } = await asking();
    return (await peek(this.#limiter, call)) as PeekedAttempt<T>;
  }

  /**
   * Forgets all attempts of a key, and a block: as support does for one who calls to try again.
   *
   * Sends one DeleteItem, one write unit; two for what only the original has stored. Safe to repeat,
   * but an attempt made between a send and its repeat is forgotten too.
   *
   * @throws InvalidInputError for a bad key; nothing is sent
   * @throws KeyCollisionError when a count or a claim is stored under the key, UnreadableRowError
   *   for another value
   * @example
   * ```ts
   * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
   *
   * const limiter = new LimitedAttempt();
   * await limiter.clear({ partition: 'login', namespace: 'attempts', sort: 'user-123' });
   * ```
   */
  async clear(key: CompoundKey, options?: DecisionOptions): Promise<void> {
    const call = this.#limiter.prepare(key, [], options, decisionOptionNames);
    const { clear } = await asking();
    await clear(this.#limiter, call);
  }

  #decideWith(
    key: CompoundKey,
    limits: AttemptLimits,
    options: AttemptOptions | undefined,
  ): Promise<Decision> {
    return this.#decide(
      this.#limiter.prepare(key, resolveLimits(limits), options, attemptOptionNames),
    );
  }

  /** Counts an attempt within its limits, or refuses it. */
  async #decide(call: KeyCall): Promise<Decision> {
    let counted: ChangedRow | undefined;
    const [result] = await this.#limiter.decide([call], call, async (signal, deciding) => {
      const decided = await this.#attempt(call, signal, deciding);
      counted = decided.counted;
      return [decided.result];
    });
    return { call, result: result as AttemptResult, counted };
  }

  async #attempt(
    call: KeyCall,
    signal: AbortSignal | undefined,
    deciding: Deciding,
  ): Promise<Omit<Decision, 'call'>> {
    // All else in a row is small: only a context can be too long, at three bytes a unit.
    if ((call.context.S?.length ?? 0) > 100_000) (await rarely()).checkRowSize(call);
    if (isHopeless(call)) return { result: statusOf(undefined, call) };
    const { row: known, refusal } = this.#limiter.memory.hintOf(call);
    if (refusal !== undefined) return { result: refusal };
    const plan: Plan = (row, isSeen) =>
      isSeen && !statusOf(row?.item, call).isAdmitted ? undefined : countParts(call, row, 'within');
    const change = await this.#limiter.change(call, known, plan, signal);
    if (change.outcome === 'changed') {
      return { result: statusAfter(change.row.item, call), counted: change };
    }
    const result = statusOf(change.row?.item, call);
    const isPlain = !call.limits.some(({ algorithm }) => algorithm.converted !== undefined);
    if (isPlain && blockOf(result, call) === undefined) return { result };
    deciding([result]);
    const { refuse } = await blocking();
    return { result: await refuse(this.#limiter, call, change.row, result, signal) };
  }

  /** An admitted attempt, with what can be done about it. */
  async #successfulAttempt<T extends string>({
    call,
    result,
    counted,
  }: Decision): Promise<SuccessfulAttempt<T>> {
    let handle: Handle | undefined;
    const own = async (): Promise<Handle> => {
      const { handleOf } = await asking();
      return (handle ??= handleOf(this.#limiter, call, counted));
    };
    // The context of windows that began since is somebody else's.
    const isOwn = counted?.isLatest || (counted && (await own()).counts());
    const { S: context } = (isOwn && counted.row.item['context']) || call.context;
    // Made for every attempt: a spread takes longer than all the rest.
    return Object.assign({}, result, {
      context: context as T | undefined,
      counted: counted !== undefined,
      clear: async (options) => {
        const given = checkedOptions(options, decisionOptionNames);
        return (await own()).clear(given);
      },
      refund: async (cost) => {
        const given = typeof cost === 'number' ? { cost } : checkedOptions(cost, costOptionNames);
        return (await own()).refund(given);
      },
    } satisfies Partial<SuccessfulAttempt<T>>);
  }
}

function optionsOf<T extends string>(
  contextOrOptions: T | AttemptOptions<T> | undefined,
): AttemptOptions<T> {
  return typeof contextOrOptions === 'object' && contextOrOptions !== null
    ? contextOrOptions
    : { context: contextOrOptions };
}
