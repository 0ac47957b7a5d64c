import {
  jsonCodec,
  type CallOptions,
  type EpochMS,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  checkFunction,
  checkedOptions,
  onFirstUse,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { copiesOf, type NativeTransactItem } from './native-items.js';
import type {
  Action,
  DoOnceActionKey,
  DoOnceManagerOptions,
  DoOnceOptions,
  DoOnceTableOptions,
  DoOnceTransactOptions,
  MarkDoneOptions,
  OnceOptions,
} from './options.js';
import { type Call, callOf } from './requests.js';
import { names, type Settings, settingsOf, tableRows } from './settings.js';
import {
  type DoOnceDone,
  type DoOnceResponse,
  type DoOnceResult,
  type DoOnceTransaction,
  type Outcome,
} from './responses.js';
import type { Run } from './join-run.js';
import { isOfItsOwn, runOnce, ownResponse } from './run.js';

const joining = /* @__PURE__ */ onFirstUse(() => import('./join-run.js'));
const transacting = /* @__PURE__ */ onFirstUse(() => import('./transact.js'));
const withoutRunning = /* @__PURE__ */ onFirstUse(() => import('./without-running.js'));

/**
 * Runs an action of a user once, however many callers there are and however many die in between.
 *
 * A caller claims the row of the action, acts, and marks it as done. While a claim's lease runs
 * nobody else acts; when its owner has died, the next caller takes over after the lease. So
 * without crashes an action runs exactly once. Effects outside of DynamoDB are at-least-once after a
 * crash (at most once with `takeover: false`); the writes of `transact` are exactly-once always.
 *
 * Bad input is an `InvalidInputError` before anything is sent; errors of the SDK pass through. Every
 * method takes a `signal`, and a request that gets no answer is given up after 30 seconds.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { DoOnceManager } from '@x/dynamo-do-once';
 *
 * const dynamo = new DynamoDBClient();
 * const manager = new DoOnceManager({ dynamo, tableName: 'my-partitioned-keys' });
 * const result = await manager.doOnce('user-123', 'welcome-email', async () => {
 *   return { sent: true };
 * });
 * if (result.didAction) console.log(result.actionResponse.sent, result.at);
 * ```
 */
export class DoOnceManager<Key extends string = string> {
  readonly #rows: PartitionedHandle;
  readonly #settings: Settings;
  /** The calls under way: callers of the same key share one. */
  readonly #runs = new Map<string, Run>();

  /**
   * Takes one object: the options to reach a partitioned table, and those of the manager. Or a
   * `PartitionedKeyValueTable` first. Checks everything and sends nothing. Throws an `InvalidInputError` for a bad option, a table whose sort keys are
   * numbers, or one whose key or data has the name of one of our attributes.
   */
  constructor(
    table: PartitionedTable | DoOnceTableOptions = {},
    options: DoOnceManagerOptions = {},
  ) {
    const { rows, given } = tableRows(table);
    this.#rows = rows;
    this.#settings = settingsOf({ ...given, ...checkedOptions(options, names.manager) });
  }

  /**
   * Runs the action unless it is done, and says which: `didAction: false` always means that it is
   * done, by another call.
   *
   * Sends two requests the first time, a PutItem that claims and a PutItem that marks as done (one
   * write unit each for a row up to 1 KB), and one when it is done: the claim, which is refused with
   * the stored row (one write unit). An action that throws is a claim and a DeleteItem. A heartbeat
   * adds an UpdateItem for each third of the lease; waiting adds consistent GetItems (where
   * many wait, one in 64 of them adds an UpdateItem that says so). A release that
   * is not answered within 1.5 seconds goes on in the background; its failure goes to the logger.
   *
   * - Another caller runs it: waits up to `waitMsMax` and takes over when the lease ends. Callers
   *   of this manager share one call: they get its outcome, and its error, without requests.
   * - The process dies during the action: the claim stays until the lease ends; then the next
   *   caller runs the action again.
   * - The action outlasts its lease and another has taken over: the first to complete counts. The
   *   other gets that one's `at` and result, with `didAction: false` and `overtaken: true`.
   * - A response is lost: the SDK's repeat recognises itself, for claim, mark and release. Where all
   *   of its attempts to mark fail, its error is thrown, and the claim stays until the lease ends.
   *
   * Throws what the action throws; `DoOnceInProgressError`; `DoOnceStoredError` where it has failed for good; `DoOnceMismatchError` for another
   * payload; `UnreadableRowError` when the codec cannot read the stored result; the signal's reason.
   *
   * @example
   * ```ts
   * import { DoOnceManager } from '@x/dynamo-do-once';
   *
   * const manager = new DoOnceManager();
   * const order = { sku: 'book', quantity: 1 };
   * const { actionResponse } = await manager.doOnce(
   *   'user-123',
   *   'order-77',
   *   async ({ signal }) => ({ accepted: !signal.aborted }),
   *   { leaseMs: 20_000, heartbeat: true, storeResult: true, payload: order },
   * );
   * console.log(actionResponse); // the same for the first caller and for all later ones
   * ```
   */
  async doOnce<T>(
    userId: Key,
    key: DoOnceActionKey,
    action: Action<T>,
    options?: DoOnceOptions,
  ): Promise<DoOnceResponse<T>> {
    checkFunction('action', action);
    const given = checkedOptions(options, names.doOnce);
    const call = this.#call(userId, key, given);
    const { row, settings, hash, signal } = call;
    const id = JSON.stringify(row.key);
    for (let run = this.#runs.get(id); run !== undefined; run = this.#runs.get(id)) {
      const { joinRun } = await joining();
      const joined = await joinRun<T>(call, run);
      if (joined === 'alone') break;
      if (joined !== undefined) return joined;
    }
    const own = runOnce(call, action);
    if (!this.#runs.has(id)) {
      const leave = (shared: Outcome<T> | 'own'): Outcome<T> | 'own' => {
        this.#runs.delete(id);
        return shared;
      };
      const outcome = own.then(
        (ended) => leave(isOfItsOwn(ended, signal) ? 'own' : ended),
        () => leave('own'),
      );
      this.#runs.set(id, { hash, outcome });
    }
    return ownResponse(await own, settings.codec, row.displayKey);
  }

  /**
   * Whether the action is done, and when. One GetItem: half a read unit, a whole one when
   * consistent. A claim does not count.
   */
  async haveAlreadyDone(
    userId: Key,
    key: DoOnceActionKey,
    options?: ReadOptions,
  ): Promise<DoOnceResult | undefined> {
    const given = checkedOptions(options, names.read);
    const call = this.#call(userId, key, {});
    const { haveDone } = await withoutRunning();
    return haveDone(call, given);
  }

  /**
   * When the action was done and what came of it; `undefined` where it is not done. `result` is
   * `undefined` where none is stored, `storedError` the error that `storeError` called final. One GetItem: half a read unit, a whole one when consistent.
   *
   * The result is read with the manager's `storeResult`, as JSON where it has none. Throws an
   * `UnreadableRowError` where that cannot read it.
   *
   * @example
   * ```ts
   * import { DoOnceManager } from '@x/dynamo-do-once';
   *
   * const manager = new DoOnceManager({ tableName: 'my-partitioned-keys' });
   * const done = await manager.getDone<{ orderId: string }>('user-123', 'order-77');
   * if (done) console.log(`done at ${done.at}`, done.result?.orderId);
   * ```
   */
  async getDone<T = unknown>(
    userId: Key,
    key: DoOnceActionKey,
    options?: ReadOptions,
  ): Promise<DoOnceDone<T> | undefined> {
    const given = checkedOptions(options, names.read);
    const call = this.#call(userId, key, {});
    const { getDone } = await withoutRunning();
    return getDone(call, given);
  }

  /**
   * Marks the action as done without running it, and says since when it is: now, or the moment of
   * an earlier completion, which stays, with its result. One PutItem.
   *
   * A caller that runs it meanwhile is overtaken: its action goes on to its end, and does not count.
   * When a response is lost, the SDK's repeat may land after a `clearKey` that came in between.
   */
  async markDone(
    userId: Key,
    key: DoOnceActionKey,
    options?: MarkDoneOptions,
  ): Promise<EpochMS | undefined> {
    const { result: given, ...rest } = checkedOptions(options, names.markDone);
    const call = this.#call(userId, key, rest);
    const { codec = jsonCodec } = this.#settings;
    // At once, as the caller may change what was passed.
    const result = given === undefined ? given : await codec.encode(given, call.row.displayKey);
    const { markDone } = await withoutRunning();
    return markDone(call, result);
  }

  /**
   * Forgets the action, so that it can be done again. One DeleteItem, whether there is anything or
   * not. Throws a `KeyCollisionError` for a count or attempts of the same key. A claim goes too: a caller that runs it goes on, and another may begin; the first one to
   * complete counts. When a response is lost, the SDK's repeat may land after a claim that came in
   * between, as if `clearKey` had been called then.
   */
  async clearKey(userId: Key, key: DoOnceActionKey, options?: CallOptions): Promise<void> {
    const call = this.#call(userId, key, checkedOptions(options, names.call));
    const { forget } = await withoutRunning();
    await forget(call);
  }

  /**
   * Applies up to 99 writes and marks the action as done, all together or nothing: exactly once,
   * also when processes die. The writes are those of `@aws-sdk/lib-dynamodb`'s `TransactWriteCommand`, with
   * native values.
   *
   * One TransactWriteItems: two write units for each row of up to 1 KB, the mark's included, also
   * when it is done already (then nothing is applied). A transaction that meets another one is
   * repeated. Where a caller of `doOnce` runs it, waits as that does.
   *
   * When a condition of the writes fails, nothing is applied or marked: the SDK's
   * `TransactionCanceledException` has a reason for each of the items, in their order, and one more
   * for the mark. After a lost response or an abort, call again: it says whether it was done. Throws a
   * `DoOnceInProgressError` and a `DoOnceMismatchError` as `doOnce` does.
   *
   * @example
   * ```ts
   * import { DoOnceManager } from '@x/dynamo-do-once';
   *
   * const manager = new DoOnceManager();
   * const { didAction } = await manager.transact('user-123', 'bonus', [
   *   { Put: { TableName: 'balances', Item: { id: 'user-123', euros: 10 } } },
   * ]);
   * console.log(didAction);
   * ```
   */
  async transact(
    userId: Key,
    key: DoOnceActionKey,
    items: readonly NativeTransactItem[],
    options?: DoOnceTransactOptions,
  ): Promise<DoOnceTransaction> {
    const { marshall, ...rest } = checkedOptions(options, names.transact);
    const copies = copiesOf(items);
    const call = this.#call(userId, key, rest);
    const { transactOnce } = await transacting();
    return transactOnce(call, copies, marshall);
  }

  /**
   * Makes a function that does once, with a user and a key derived from its arguments, what `fn`
   * does. It sends what `doOnce` sends.
   *
   * @example
   * ```ts
   * import { DoOnceManager } from '@x/dynamo-do-once';
   *
   * const manager = new DoOnceManager();
   * const sendInvoice = manager.once(
   *   { userId: (userId) => userId, key: (_userId, invoice) => `invoice-${invoice}` },
   *   async (userId: string, invoice: number) => `sent ${invoice} to ${userId}`,
   * );
   * const { didAction } = await sendInvoice('user-123', 77);
   * ```
   */
  once<A extends readonly unknown[], T>(
    how: OnceOptions<Key, A>,
    fn: (...args: A) => T | Promise<T>,
  ): (...args: A) => Promise<DoOnceResponse<T>> {
    const { userId, key, payload, leaseMs, ...options } = checkedOptions(how, names.once);
    checkFunction('userId', userId);
    checkFunction('key', key);
    checkFunction('fn', fn);
    settingsOf(options, this.#settings);
    const doOnce = this.doOnce.bind(this);
    return async function once(this: unknown, ...args: A) {
      const call = {
        ...options,
        leaseMs: typeof leaseMs === 'function' ? leaseMs(...args) : leaseMs,
        payload: payload?.(...args),
      };
      return doOnce(userId(...args), key(...args), () => Reflect.apply(fn, this, args), call);
    };
  }

  #call(userId: Key, key: DoOnceActionKey, options: DoOnceOptions): Call {
    return callOf(this.#rows, userId, key, options, this.#settings);
  }
}
