import { InvalidInputError } from '@x/dynamo-core';
import {
  checkInteger,
  checkedOptions,
  errorName,
  guarded,
  type OptionNames,
} from '@x/dynamo-core/mechanism';
import { DoOnceManager, idempotencyKey } from '@x/dynamo-do-once';

import { keyOfHeader } from './key-header.js';
import { idempotencyOptionNames, scopeOf, type IdempotencyOptions } from './options.js';

export { partitionedKeysTable } from '@x/dynamo-core';
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
   * of a request, and a hash of the whole for others
   */
  readonly key?: ((event: E) => string | undefined) | undefined;
}

/** What `idempotentBatch` takes. */
export interface LambdaBatchOptions<E> extends LambdaIdempotencyOptions<E> {
  /** Gets the error of each record that failed, and is awaited. @default the logger of `monitoring` gets its name */
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

type Once<E, R> = (event: E, context: LambdaContext) => Promise<R>;
type Handler<E, R, C extends LambdaContext> = (event: E, context: C) => R | Promise<R>;

/**
 * Makes a Lambda handler handle an event once: a repeat is given what the first returned, as JSON.
 *
 * An event that was not seen before is two PutItems, a repeat is one. The claim lasts as long as the
 * function has left, so that after a crash or a timeout the next delivery acts again. A handler that
 * throws has not handled it; one that returns has, also with a `statusCode` of 500. Throws a `DoOnceInProgressError` while another invocation handles it, and
 * a `DoOnceMismatchError` where a key comes with another event: Lambda delivers it again.
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
  return onceOf(handler, given) as (event: E, context: C) => Promise<R>;
}

/**
 * Makes a handler of one record into one of a batch of SQS (`{ Records }`) or of events of EventBridge
 * (an array, as a pipe sends it). Each record is handled once. Those that fail are answered as
 * `batchItemFailures` and come again, and the others stay done: the event source mapping needs
 * `ReportBatchItemFailures`. Up to 10 records at a time; those of a FIFO queue one after another, and
 * after a failure none that follows.
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
    const handle = async (record: E): Promise<void> => {
      try {
        await once(record, context);
      } catch (error) {
        failed.add(record);
        await tell(error, record);
      }
    };
    const list: readonly E[] = records;
    if (list.some(isOfFifoQueue)) {
      for (const record of list) {
        if (failed.size > 0) failed.add(record);
        else await handle(record);
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
  const manager = new DoOnceManager(
    { requestMsMax: 5_000, ...connection },
    { storeResult: true, onInProgress: 'throw', ttlSeconds },
  );
  return async (event, context) => {
    const name = key(event);
    if (name === undefined) {
      if (required) throw new InvalidInputError('key', name, 'a text for each event');
      return handler(event, context as C);
    }
    const leaseMs = leaseMsOf(context);
    const { actionResponse } = await manager.doOnce(
      idempotencyKey([scopeOf(scope, event) ?? sourceOf(event), routeOf(event), name]),
      actionKey,
      () => handler(event, context as C),
      { leaseMs, payload: payloadOf(event) },
    );
    return actionResponse as R;
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

/** What events of AWS hold of what is looked at here. */
interface AwsEvent {
  readonly messageId?: unknown;
  readonly eventSourceARN?: unknown;
  readonly id?: unknown;
  readonly 'detail-type'?: unknown;
  readonly source?: unknown;
  readonly detail?: unknown;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly requestContext?: { readonly http?: { readonly method?: unknown } };
  readonly httpMethod?: unknown;
  readonly path?: unknown;
  readonly rawPath?: unknown;
  readonly rawQueryString?: unknown;
  readonly queryStringParameters?: unknown;
  readonly multiValueQueryStringParameters?: unknown;
}

function keyOf(event: unknown): string | undefined {
  const { messageId, id, 'detail-type': type, headers, requestContext } = (event ?? {}) as AwsEvent;
  if (typeof messageId === 'string') return messageId;
  if (typeof id === 'string' && type !== undefined) return id;
  if (requestContext === undefined) return idempotencyKey(event);
  const found = Object.entries(headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'idempotency-key',
  );
  // A bad one is taken as it is: it names the request all the same.
  return found?.[1] && (keyOfHeader(found[1]) ?? found[1]);
}

/** What differs between deliveries of one message (its receipt, its attempts) is no payload. */
function payloadOf(event: unknown): unknown {
  const {
    messageId,
    'detail-type': type,
    detail,
    body,
    requestContext,
  } = (event ?? {}) as AwsEvent;
  if (requestContext !== undefined) return [queryOf(event as AwsEvent), body ?? null];
  if (typeof messageId === 'string') return body ?? null;
  return type === undefined ? event : (detail ?? null);
}

function queryOf(event: AwsEvent): unknown {
  const { rawQueryString, multiValueQueryStringParameters: many, queryStringParameters } = event;
  return rawQueryString ?? many ?? queryStringParameters ?? null;
}

/** Where a request goes, by API Gateway (of both formats), a load balancer or a function URL. */
function routeOf(event: unknown): unknown {
  const { requestContext, httpMethod, path, rawPath } = (event ?? {}) as AwsEvent;
  if (requestContext === undefined) return null;
  return [httpMethod ?? requestContext.http?.method ?? null, path ?? rawPath ?? null];
}

function sourceOf(event: unknown): string | null {
  const { eventSourceARN, source } = (event ?? {}) as AwsEvent;
  return [eventSourceARN, source].find((one) => typeof one === 'string') ?? null;
}

function isOfFifoQueue(record: object): boolean {
  const { eventSourceARN } = record as AwsEvent;
  return typeof eventSourceARN === 'string' && eventSourceARN.endsWith('.fifo');
}

function nameOf(error: unknown): string {
  return errorName(error) ?? typeof error;
}

function identifierOf(record: object): string {
  const { messageId, id } = record as AwsEvent;
  const identifier = messageId ?? id;
  if (typeof identifier === 'string') return identifier;
  throw new InvalidInputError('record', record, 'one with a messageId or an id');
}
