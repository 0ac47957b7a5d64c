import { InvalidInputError, UnreadableRowError } from '@x/dynamo-core';
import {
  checkFunction,
  checkInteger,
  checkedOptions,
  errorName,
  guarded,
  type OptionNames,
} from '@x/dynamo-core/mechanism';
import { DoOnceManager, idempotencyKey } from '@x/dynamo-do-once';

import {
  groupOf,
  identifierOf,
  isOfFifoQueue,
  keyOf,
  methodOf,
  payloadOf,
  routeOf,
  sourceOf,
} from './lambda-events.js';
import { isSafe } from './key-header.js';
import { idempotencyOptionNames, scopeOf, type IdempotencyOptions } from './options.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';
export { DoOnceInProgressError, DoOnceMismatchError } from '@x/dynamo-do-once';

/** What a function is given beside its event, as far as it is needed here. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** What `idempotent` of a Lambda handler takes. */
export interface LambdaIdempotencyOptions<E> extends Omit<
  IdempotencyOptions<E>,
  'bodyBytesMax' | 'leaseMs'
> {
  /**
   * What names an event; `undefined` where it has no name, and is handled as it comes unless `required`.
   *
   * @default `messageId` of a record of SQS, `id` of an event of EventBridge, the header `Idempotency-Key`
   * of a request, and a hash of the whole for others; GET, HEAD, OPTIONS and TRACE have none, and need none
   */
  readonly key?: ((event: E) => string | undefined) | undefined;
}

/** What `idempotentBatch` takes. */
export interface LambdaBatchOptions<E> extends LambdaIdempotencyOptions<E> {
  /** Gets the error of each record that was handled and failed, and is awaited. @default the logger of `monitoring` gets its name */
  readonly onFailure?: ((error: unknown, record: E) => unknown) | undefined;
}

/** What tells Lambda which records of a batch are to come again. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

const { bodyBytesMax: _, leaseMs: __, ...shared } = idempotencyOptionNames;
const optionNames: OptionNames<LambdaIdempotencyOptions<never>> = { ...shared, key: 'function' };
const batchOptionNames: OptionNames<LambdaBatchOptions<never>> = {
  ...optionNames,
  onFailure: 'function',
};

const leaseMsMax = 900_000;
const actionKey = 'event';

/** What is handled in one batch, by what it is about. */
type Running<R> = Map<string, Promise<R>>;
type Once<E, R> = (event: E, context: LambdaContext, running?: Running<R>) => Promise<R>;
type Handler<E, R, C extends LambdaContext> = (event: E, context: C) => R | Promise<R>;

/**
 * Makes a Lambda handler handle an event once: a repeat is given what the first returned, as JSON.
 *
 * An event that was not seen before is two PutItems, a repeat is one. The claim lasts as long as the
 * function has left, so that after a crash or a timeout the next delivery acts again. A handler that
 * throws has not handled it; one that returns has, also with a `statusCode` of 500. Throws a `DoOnceInProgressError` while another invocation handles it, and
 * a `DoOnceMismatchError` where a key comes with another event: Lambda delivers it again; and an `UnreadableRowError` for
 * a repeat of what returned more than a row holds, or no JSON.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotent } from '@x/dynamo-idempotency/lambda';
 *
 * const handler = idempotent(
 *   async (event: { id: string; amount: number }) => ({ paid: event.amount }),
 *   { tableName: 'my-partitioned-keys', key: (event) => event.id },
 * );
 * console.log(await handler({ id: 'a', amount: 5 }, { getRemainingTimeInMillis: () => 3_000 }));
 * ```
 */
export function idempotent<E, R, C extends LambdaContext = LambdaContext>(
  handler: Handler<E, R, C>,
  options?: LambdaIdempotencyOptions<E>,
): (event: E, context: C) => Promise<R> {
  const given = checkedOptions(options, optionNames as OptionNames<LambdaIdempotencyOptions<E>>);
  const once = onceOf(handler, given);
  // Of these two alone: Lambda passes a callback behind them, and middy a signal.
  return (event, context) => once(event, context);
}

/**
 * Makes a handler of one record into one of a batch of SQS (`{ Records }`) or of events of EventBridge
 * (an array, as a pipe sends it). Each record is handled once, also where a batch holds it twice: both have
 * one outcome. Those that fail are answered as `batchItemFailures` and come again, and the others stay done: the
 * event source mapping needs `ReportBatchItemFailures`. Up to 10 records at a time; those of a FIFO queue one after
 * another. After a failure there, those that follow of its message group are answered as failures and not
 * handled, so that they come again in their order; other groups go on.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotentBatch } from '@x/dynamo-idempotency/lambda';
 *
 * interface Message {
 *   readonly messageId: string;
 *   readonly body: string;
 * }
 * const handler = idempotentBatch((message: Message) => console.log(message.messageId), {
 *   tableName: 'my-partitioned-keys',
 * });
 * const Records = [{ messageId: 'm-1', body: '{}' }];
 * console.log(await handler({ Records }, { getRemainingTimeInMillis: () => 3_000 }));
 * ```
 */
export function idempotentBatch<E extends object, C extends LambdaContext = LambdaContext>(
  handler: Handler<E, unknown, C>,
  options?: LambdaBatchOptions<E>,
): (
  batch: { readonly Records: readonly E[] } | readonly E[],
  context: C,
) => Promise<BatchResponse> {
  const { onFailure, ...given } = checkedOptions(
    options,
    batchOptionNames as OptionNames<LambdaBatchOptions<E>>,
  );
  const once = onceOf(handler, given);
  const logger = given.monitoring && guarded(given.monitoring).logger;
  const tell = async (error: unknown, record: E): Promise<void> => {
    if (!onFailure) return logger?.warn(`Cannot handle a record (${nameOf(error)})`);
    try {
      await onFailure(error, record);
    } catch (failure) {
      // It changes nothing of what has become of the records.
      logger?.warn(`onFailure fails (${nameOf(failure)})`);
    }
  };

  return async (batch, context) => {
    const { Records: records = batch } = Object(batch) as { Records?: unknown };
    if (!Array.isArray(records)) {
      const allowed = 'a batch: { Records }, or an array of events';
      throw new InvalidInputError('event', batch, allowed, { isData: true });
    }
    leaseMsOf(context);
    const failed = new Set<E>();
    const running: Running<unknown> = new Map();
    const handle = async (record: E): Promise<void> => {
      try {
        await once(record, context, running);
      } catch (error) {
        failed.add(record);
        await tell(error, record);
      }
    };
    const list: readonly E[] = records;
    if (list.some(isOfFifoQueue)) {
      const stopped = new Set<unknown>();
      for (const record of list) {
        const group = groupOf(record);
        if (stopped.has(group)) failed.add(record);
        else await handle(record);
        if (failed.has(record)) stopped.add(group);
      }
    } else {
      for (let start = 0; start < list.length; start += 10) {
        await Promise.all(list.slice(start, start + 10).map(handle));
      }
    }
    return { batchItemFailures: [...failed].map((one) => ({ itemIdentifier: identifierOf(one) })) };
  };
}

function onceOf<E, R, C extends LambdaContext>(
  handler: Handler<E, R, C>,
  {
    required = false,
    scope,
    key = keyOf,
    ttlSeconds = 86_400,
    ...connection
  }: LambdaIdempotencyOptions<E>,
): Once<E, R> {
  checkFunction('handler', handler);
  const manager = new DoOnceManager(
    { requestMsMax: 5_000, ...connection },
    { storeResult: true, onInProgress: 'throw', ttlSeconds },
  );
  return async (event, context, running) => {
    const isPassed = key === keyOf && isSafe(methodOf(event));
    const name = isPassed ? undefined : key(event);
    if (name === undefined) {
      if (required && !isPassed) throw new InvalidInputError('key', name, 'a text for each event');
      return handler(event, context as C);
    }
    const partition = idempotencyKey([
      scopeOf(scope, event) ?? sourceOf(event),
      routeOf(event),
      name,
    ]);
    const payload = payloadOf(event);
    const once = async (): Promise<R> => {
      const options = { leaseMs: leaseMsOf(context), payload };
      // In a list, which tells what returned nothing from what could not be stored.
      const act = async (): Promise<R[]> =>
        [await handler(event, context as C)].filter((one) => one !== undefined);
      const { actionResponse } = await manager.doOnce(partition, actionKey, act, options);
      if (!actionResponse && !running) {
        throw new UnreadableRowError(partition, 'its result is no JSON, or too large');
      }
      return actionResponse?.[0] as R;
    };
    if (!running) return once();
    const about = idempotencyKey([partition, payload]);
    const same = running.get(about) ?? once();
    running.set(about, same);
    return same;
  };
}

/** How long the function has left. Sends nothing. */
function leaseMsOf(context: Partial<LambdaContext> | undefined): number {
  if (typeof context?.getRemainingTimeInMillis !== 'function') {
    const allowed = 'what Lambda passes beside the event: { getRemainingTimeInMillis }';
    throw new InvalidInputError('context', context, allowed, { isData: true });
  }
  const leaseMs = Math.min(Math.ceil(context.getRemainingTimeInMillis()), leaseMsMax);
  checkInteger('context.getRemainingTimeInMillis()', leaseMs, 1);
  return leaseMs;
}

function nameOf(error: unknown): string {
  return errorName(error) ?? typeof error;
}
