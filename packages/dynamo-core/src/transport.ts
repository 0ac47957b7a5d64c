import type * as sdk from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type { AttributeValue };

/** A row, or a part of one, as it goes over the wire. */
export type Item = Record<string, AttributeValue>;

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

/** The part of `DynamoDBClient` and `DynamoDBDocumentClient` that is used: their own `send`. */
export interface SdkClient {
  // The SDK's `send` is overloaded per command; only a method of this shape accepts all of them.
  // oxlint-disable-next-line typescript/no-explicit-any
  send(command: any, options?: any): Promise<any>;
}
