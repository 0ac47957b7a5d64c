// A request that holds times of the clock goes through `send` (or `writeConditionally`, `pages`,
// `transactWrite`, the `put` of a batch) as a function that builds it from `clock.now()`: it is built
// anew where DynamoDB refused it because the machine's clock was wrong. Ids are made outside of it.

import type * as sdk from '@aws-sdk/client-dynamodb';

import { InvalidInputError } from './errors.js';
import type { OptionNames } from './option-names.js';

/** The operations that the packages send: what goes in and what comes back, in wire shapes. */
interface DynamoOperations {
  GetItem: [sdk.GetItemCommandInput, sdk.GetItemCommandOutput];
  PutItem: [sdk.PutItemCommandInput, sdk.PutItemCommandOutput];
  UpdateItem: [sdk.UpdateItemCommandInput, sdk.UpdateItemCommandOutput];
  DeleteItem: [sdk.DeleteItemCommandInput, sdk.DeleteItemCommandOutput];
  Query: [sdk.QueryCommandInput, sdk.QueryCommandOutput];
  Scan: [sdk.ScanCommandInput, sdk.ScanCommandOutput];
  BatchGetItem: [sdk.BatchGetItemCommandInput, sdk.BatchGetItemCommandOutput];
  BatchWriteItem: [sdk.BatchWriteItemCommandInput, sdk.BatchWriteItemCommandOutput];
  TransactWriteItems: [sdk.TransactWriteItemsCommandInput, sdk.TransactWriteItemsCommandOutput];
  CreateTable: [sdk.CreateTableCommandInput, sdk.CreateTableCommandOutput];
  DescribeTable: [sdk.DescribeTableCommandInput, sdk.DescribeTableCommandOutput];
  DescribeTimeToLive: [sdk.DescribeTimeToLiveCommandInput, sdk.DescribeTimeToLiveCommandOutput];
  UpdateTimeToLive: [sdk.UpdateTimeToLiveCommandInput, sdk.UpdateTimeToLiveCommandOutput];
}

/** The name of an operation. */
export type DynamoOperation = keyof DynamoOperations;
/** What goes in, in wire shape. */
export type DynamoInput<O extends DynamoOperation> = DynamoOperations[O][0];
/** What comes back, in wire shape. */
export type DynamoOutput<O extends DynamoOperation> = Omit<DynamoOperations[O][1], '$metadata'>;

/** What every request may be given. */
export interface CallOptions {
  /**
   * Gives up waiting for the answer, with the signal's reason. A request that was already sent may
   * still be applied.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The names of `CallOptions`. */
export const callOptionNames: OptionNames<CallOptions> = { signal: true };

/** What is known of an answer beside what DynamoDB says: the `$metadata` of outputs and errors. */
export interface AnswerMetadata {
  /** DynamoDB's time when it answered: the header `Date`, in epoch milliseconds. */
  readonly serverTimeMs?: number | undefined;
  /** The host that was asked. Left out by what is no host of a network. */
  readonly serverHost?: string | undefined;
  /** How many milliseconds after the call the attempt began that was answered. Left out, 0. */
  readonly attemptDelayMs?: number | undefined;
}

/** What a transport may be given with a request. */
export interface RequestOptions<O extends DynamoOperation> extends CallOptions {
  /**
   * Builds the input anew: it holds times of the machine's clock, and this clock may have been
   * corrected meanwhile. See `send`.
   */
  readonly rebuild?: ((refusal?: AnswerMetadata) => DynamoInput<O>) | undefined;
}

/**
 * The seam between the packages and DynamoDB: one function that sends one operation. Everything
 * above it speaks wire shapes, so that another transport is small to write. What it owes them:
 *
 * - It resolves to DynamoDB's answer, an object, `{}` at least. `null` counts as absent.
 * - A refusal is an error with DynamoDB's `name` (`ConditionalCheckFailedException`), with `Item` or
 *   `CancellationReasons` where DynamoDB sent them, and `$fault: 'client'` or `'server'`.
 * - It ends when `signal` aborts, and sends nothing afterwards. Whoever waits does so no longer then.
 * - A repeat is the same request, with the same `ClientRequestToken`.
 * - `$metadata.attempts` of an error is how often it was sent. Where that is left out or above 1, an
 *   earlier attempt may have been applied, and a refused write costs a request that finds out.
 *
 * Two things let the packages work on a machine whose clock is wrong. A transport may leave out
 * both; times are then the machine's.
 * - Outputs and errors carry the answer's `Date` as `$metadata.serverTimeMs` (`AnswerMetadata`).
 * - A request that DynamoDB refused for its time (the signature is more than five minutes off) is
 *   not sent again with the same body. Where there is `rebuild`, it is called with the `$metadata`
 *   of the refusal, and what it returns is sent instead.
 */
export interface DynamoTransport {
  call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options?: RequestOptions<O>,
  ): Promise<DynamoOutput<O>>;
  /**
   * Whether it keeps connections open. `true`: the event loop turns twice before a request that
   * follows 200 ms of idleness, so that connections which the server has closed are found. `false`:
   * it answers within this process, and needs no bound of time.
   *
   * @default neither: the requests are bounded, and sent at once
   */
  readonly usesSockets?: boolean | undefined;
}

/** Something, or a function that builds it: that is how a request is given which holds times. */
export type Built<T> = T | (() => T);

/**
 * Sends a request. One that holds times is given as a function that makes it of `clock.now()`. It is
 * called once, and again where DynamoDB refused the signature because the machine's clock is more
 * than five minutes off: nothing was applied then, and `clock` has been corrected. What must be the
 * same in both (an operation id, what was encoded) is made outside of the function.
 *
 * @example
 * ```ts
 * import { N, S } from '@x/dynamo-core';
import { connect, send } from '@x/dynamo-core/mechanism';
 *
 * const { transport, tableName, clock } = connect({}, 'keys');
 * await send(transport, 'PutItem', () => ({
 *   TableName: tableName,
 *   Item: { key: S('a'), writtenAt: N(clock.now()) },
 * }));
 * ```
 */
export function send<O extends DynamoOperation>(
  transport: DynamoTransport,
  operation: O,
  input: Built<DynamoInput<O>>,
  { signal }: CallOptions = {},
): Promise<DynamoOutput<O>> {
  if (typeof input !== 'function') return transport.call(operation, input, { signal });
  return transport.call(operation, input(), { signal, rebuild: input });
}

/** Applies a function to what is built, each time that it is. */
export function mapBuilt<T, R>(built: Built<T>, change: (value: T) => R): Built<R> {
  // A request is an object or an array, never a function.
  return typeof built === 'function' ? () => change((built as () => T)()) : change(built);
}

/** The part of `DynamoDBClient` and `DynamoDBDocumentClient` that is used: their own `send`. */
export interface SdkClient {
  // The SDK's `send` is overloaded per command; only a method of this shape accepts all of them.
  // oxlint-disable-next-line typescript/no-explicit-any
  send(command: any, options?: any): Promise<any>;
}

/** What every constructor takes as `dynamo`. */
export type Dynamo = SdkClient | DynamoTransport;

/**
 * Makes a transport of what the user passed.
 *
 * A client of the SDK is used as it is, through its own `send`, so that its middleware, tracing and
 * mocks keep working; it is never changed. Without one, a `DynamoDBClient` with the SDK's default
 * configuration is made on the first call. The SDK is loaded on the first call, so that a user of
 * another transport does not pay for it. Throws an `InvalidInputError` for anything else.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { dynamoTableName, S } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
 *
 * const transport = toTransport(new DynamoDBClient());
 * const { Item } = await transport.call('GetItem', {
 *   TableName: dynamoTableName('keys'),
 *   Key: { key: S('a') },
 * });
 * ```
 */
export function toTransport(dynamo?: Dynamo): DynamoTransport {
  if (dynamo === undefined) return lazyTransport(undefined);
  if (hasMethod(dynamo, 'call')) return dynamo as DynamoTransport;
  if (hasMethod(dynamo, 'send')) return lazyTransport(dynamo as SdkClient);
  throw new InvalidInputError(
    'dynamo',
    dynamo,
    'a DynamoDBClient, a DynamoDBDocumentClient or a transport with a `call` method',
  );
}

/**
 * A transport whose answers are objects without nulls: one that speaks JSON may answer `null` for
 * what is absent, and a mock that was given no answer resolves to nothing. No log shows the rows that
 * its errors hold.
 */
export function checkedAnswers(transport: DynamoTransport): DynamoTransport {
  return {
    usesSockets: transport.usesSockets,
    async call<O extends DynamoOperation>(
      operation: O,
      input: DynamoInput<O>,
      options?: RequestOptions<O>,
    ): Promise<DynamoOutput<O>> {
      const output = await answerOf(() => transport.call(operation, input, options));
      if (typeof output !== 'object' || output === null) throw nothingAnswered(operation, output);
      if (!Object.values(output).includes(null)) return output as DynamoOutput<O>;
      const fields = Object.entries(output).filter(([, field]) => field !== null);
      return Object.fromEntries(fields) as DynamoOutput<O>;
    },
  };
}

/** The rows that an error holds stay where the SDK has them, to be read and not to be logged. */
async function answerOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    for (const name of ['Item', 'CancellationReasons']) {
      const field = Object.getOwnPropertyDescriptor(Object(error), name);
      if (field?.configurable === true) Object.defineProperty(error, name, { enumerable: false });
    }
    throw error;
  }
}

function nothingAnswered(operation: DynamoOperation, output: unknown): Error {
  return new InvalidInputError(
    'dynamo',
    output,
    `a client that answers ${operation} with an object; the client answered nothing: is it a mock?`,
    { isData: true },
  );
}

/** What sends through the SDK is loaded with it, on the first call. */
function lazyTransport(client: SdkClient | undefined): DynamoTransport {
  let loaded: DynamoTransport | undefined;
  return {
    usesSockets: true,
    async call(operation, input, options) {
      options?.signal?.throwIfAborted();
      if (loaded === undefined) {
        const { sdkTransport } = await import('#sdk');
        // Two first calls may both get here: the first one to finish provides the client of both.
        loaded ??= sdkTransport(client);
      }
      return loaded.call(operation, input, options);
    },
  };
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'function'
  );
}
