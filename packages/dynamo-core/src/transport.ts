// A request that holds times of the clock goes through `send` (or `writeConditionally`, `pages`,
// `transactWrite`, the `put` of a batch) as a function that builds it from `clock.now()`: it is built
// anew where DynamoDB refused it because the machine's clock was wrong. Ids are made outside of it.

import { isDeepStrictEqual, types } from 'node:util';

import type * as sdk from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import {
  InvalidInputError,
  type CallerKey,
  UnreadableRowError,
  keyText,
  ItemTooLargeError,
} from './errors.js';
import { parseDecimal } from './decimal.js';
import { fromWireJson, toWireJson } from './wire-json.js';

export type { AttributeValue };

/** A row, or a part of one, as it goes over the wire. */
export type Item = Record<string, AttributeValue>;

/** A string attribute in wire shape. Refuses halves of surrogate pairs, see `checkWellFormed`. */
export function S(value: string): AttributeValue.SMember {
  checkWellFormed('a text to be stored', value);
  return { S: value };
}

/** A number attribute in wire shape. A `bigint` keeps all of its digits. */
export function N(value: number | bigint): AttributeValue.NMember {
  return { N: String(value) };
}

/** The string attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function stringOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S;
}

/** The number attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function numberOf(item: Item | undefined, name: string): number | undefined {
  const digits = item?.[name]?.N;
  return digits === undefined ? undefined : Number(digits);
}

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
 * import { connect, send } from '@x/dynamo-core/mechanism';
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

/**
 * The name of an error, `undefined` for what has none. Errors are told by it and never by
 * `instanceof`: a test runner may run each file in a realm of its own, whose `Error` is another.
 */
export function errorName(error: unknown): string | undefined {
  const { name } = (error ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** The operations that take a condition and write one row. */
export type ConditionalOperation = 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** What became of a conditional write. */
export type ConditionalOutcome =
  /** The condition held. `attributes` is what `ReturnValues` asked for. */
  | { readonly outcome: 'applied'; readonly attributes: Item | undefined }
  /** The condition failed because an earlier send of the same call had been applied already. */
  | { readonly outcome: 'recognised'; readonly item: Item }
  /** The condition failed. `item` is the row that it met, if there was one. */
  | { readonly outcome: 'refused'; readonly item: Item | undefined };

/** How a write recognises itself. */
export interface ConditionalWriteOptions extends CallOptions {
  /** Tells from the existing row whether this very call has written it. */
  readonly isMine?: ((item: Item) => boolean) | undefined;
  /**
   * The row's key, to be passed wherever the condition fails on a row that exists. Some engines
   * leave that row out of the error: it is then read consistently with this key, because a call
   * that cannot recognise its own write would be counted as refused. Where the row may be missing,
   * that read is the price of knowing it.
   */
  readonly mustExist?: Item | undefined;
}

/**
 * Sends one conditional write and says what became of it, exactly, also when the SDK repeats the
 * request because a response was lost: a repeat that fails its condition on the row that the first
 * send wrote is success. One request; a second one, a consistent read, only where the condition
 * failed and the error holds no row.
 *
 * Every error but the failed condition passes through as it is. An `input` that holds times of the
 * clock is given as a function that builds it: see `send`.
 *
 * @example
 * ```ts
 * import { S, stringOf, systemRandom } from '@x/dynamo-core';
 * import { connect, writeConditionally } from '@x/dynamo-core/mechanism';
 *
 * const { transport, tableName } = connect({}, 'keys');
 * const [key, id] = [{ key: S('a') }, systemRandom.id()];
 * const { outcome } = await writeConditionally(
 *   transport,
 *   'PutItem',
 *   {
 *     TableName: tableName,
 *     Item: { ...key, writer: S(id) },
 *     ConditionExpression: 'attribute_not_exists(#key)',
 *     ExpressionAttributeNames: { '#key': 'key' },
 *   },
 *   { isMine: (item) => stringOf(item, 'writer') === id, mustExist: key },
 * );
 * console.log(outcome); // 'applied', 'recognised' or 'refused'
 * ```
 */
export async function writeConditionally<O extends ConditionalOperation>(
  transport: DynamoTransport,
  operation: O,
  input: Built<DynamoInput<O>>,
  { isMine, mustExist, signal }: ConditionalWriteOptions = {},
): Promise<ConditionalOutcome> {
  let tableName: string | undefined;
  const asked = mapBuilt(input, (built) => {
    tableName = built.TableName;
    return { ...built, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  });
  try {
    const output = await send(transport, operation, asked, { signal });
    return { outcome: 'applied', attributes: output.Attributes };
  } catch (error) {
    if (!isConditionalCheckFailed(error)) throw error;
    const item = error.Item ?? (await readBack(transport, tableName, mustExist, signal));
    return item !== undefined && isMine?.(item) === true
      ? { outcome: 'recognised', item }
      : { outcome: 'refused', item };
  }
}

/** Whether an error is the SDK's `ConditionalCheckFailedException`, of whichever copy of the SDK. */
export function isConditionalCheckFailed(
  error: unknown,
): error is Error & { readonly Item?: Item } {
  return errorName(error) === 'ConditionalCheckFailedException';
}

async function readBack(
  transport: DynamoTransport,
  tableName: string | undefined,
  key: Item | undefined,
  signal: AbortSignal | undefined,
): Promise<Item | undefined> {
  if (key === undefined) return undefined;
  const input = { TableName: tableName, Key: key, ConsistentRead: true };
  return (await transport.call('GetItem', input, { signal })).Item;
}

/**
 * Throws for text with halves of surrogate pairs: stored or hashed, each of them is the same
 * replacement character, so that different texts would become one.
 */
export function checkWellFormed(field: string, text: string): void {
  if (!isWellFormed(text)) {
    throw new InvalidInputError(field, text, 'without halves of surrogate pairs', { isData: true });
  }
}

/** Whether all surrogates of a text come in pairs. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/**
 * How values become attributes and back. `decode(encode(value))` gives an equal value, or `encode`
 * throws: what cannot be read back is refused before it is sent.
 */
export interface Codec<V = unknown> {
  /** Throws an `InvalidInputError` that names `key` for a value that it cannot bring back. */
  encode(value: V, key: CallerKey): AttributeValue | Promise<AttributeValue>;
  /**
   * Throws an `UnreadableRowError` that names `key` for an attribute that it did not write. All that
   * one call of a table decodes comes with the same object `call`, which holds nothing.
   */
  decode(attribute: AttributeValue, key: CallerKey, call?: object): V | Promise<V>;
}

/**
 * Values as JSON text, as the original wrote them. The default.
 *
 * Values follow JSON: strings, finite numbers, booleans, `null`, arrays and plain objects of these
 * come back as they were. A `Date` is its ISO string, and any other object with a `toJSON` what that
 * returns; properties that are `undefined` are left out; an instance of a class is its own
 * properties; -0 is 0. What JSON would lose (`undefined` itself, functions, symbols, `bigint`, `NaN`,
 * infinities, invalid dates, `Map`, `Set`, sparse arrays, cycles …) is refused with an
 * `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { jsonCodec } from '@x/dynamo-core';
 *
 * console.log(jsonCodec.encode({ name: 'Ada' }, 'user-1')); // { S: '{"name":"Ada"}' }
 * ```
 */
export const jsonCodec: Codec<unknown> = {
  encode: (value, key) => S(toJson(value, key)),
  decode: (attribute, key) => {
    if (attribute.S === undefined) {
      throw new UnreadableRowError(key, 'its data is not a JSON string');
    }
    try {
      return JSON.parse(attribute.S) as unknown;
    } catch {
      // Without the cause: its message quotes the text.
      throw new UnreadableRowError(key, 'its data is not valid JSON');
    }
  },
};

function toJson(value: unknown, key: CallerKey): string {
  if (value === undefined) throw refused(value, key, undefined);
  try {
    return JSON.stringify(value, checkPart);
  } catch (cause) {
    throw refused(value, key, cause);
  }
}

function refused(value: unknown, key: CallerKey, cause: unknown): InvalidInputError {
  const part = cause instanceof LostPart ? ` (${cause.message})` : '';
  return new InvalidInputError(
    `the value of "${keyText(key)}"`,
    value,
    `something that JSON brings back as it was${part}`,
    { cause, isData: true },
  );
}

/** Something within a value that JSON would lose: by its type, as its place may tell of the value. */
class LostPart extends TypeError {}

/** A replacer that replaces nothing and throws for what JSON would lose. */
function checkPart(this: unknown, name: string, part: unknown): unknown {
  const given = (this as Record<string, unknown>)[name];
  const isInvalidDate = part === null && types.isDate(given);
  const isLeftOut = part === undefined && !Array.isArray(this);
  if (isLeftOut || (isLossless(part) && !isInvalidDate)) return part;
  throw new LostPart(`${Object.prototype.toString.call(given)} would be lost`);
}

function isLossless(part: unknown): boolean {
  switch (typeof part) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(part);
    case 'object':
      return part === null || Array.isArray(part) || isPlain(part);
    default:
      return false;
  }
}

/** Objects of built-in types keep their content where JSON does not look. */
function isPlain(part: object): boolean {
  return Object.prototype.toString.call(part) === '[object Object]';
}

/** The largest row that DynamoDB stores: 400 KB, names and values together. */
export const itemBytesMax: number = 409_600;

/**
 * The size of a row as DynamoDB counts it: the UTF-8 bytes of names and strings, one byte for each
 * two digits of a number, three bytes for each list or map and one for each element.
 *
 * Source: "DynamoDB Item sizes and formats" in the Amazon DynamoDB Developer Guide.
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += utf8Bytes(name) + valueBytes(item[name] as AttributeValue);
  return bytes;
}

/** Whether a text is so short that it fits beside all that a row may hold else. */
export function isShort({ S: text }: AttributeValue): boolean {
  return text !== undefined && text.length <= 50_000;
}

/** Throws an `ItemTooLargeError` for a row that DynamoDB would refuse. */
export function checkItemSize(key: CallerKey, item: Item): void {
  const bytes = itemBytes(item);
  if (bytes > itemBytesMax) throw new ItemTooLargeError(key, bytes, itemBytesMax);
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Bytes(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return sum(value.L, (part) => 1 + valueBytes(part)) + 3;
  if (value.M !== undefined) return itemBytes(value.M) + Object.keys(value.M).length + 3;
  if (value.SS !== undefined) return sum(value.SS, utf8Bytes);
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (part) => part.byteLength);
  return 0;
}

function numberBytes(text: string): number {
  const { digits, negative } = parseDecimal(text);
  return Math.ceil(digits.length / 2) + 1 + (negative ? 1 : 0);
}

function sum<T>(parts: readonly T[], bytes: (part: T) => number): number {
  return parts.reduce((total, part) => total + bytes(part), 0);
}

/** Whether two attributes store the same; a `Buffer` is the `Uint8Array` of its bytes. */
export function isSameData(one: AttributeValue, other: AttributeValue | undefined): boolean {
  if (other === undefined) return false;
  if (one.S !== undefined) return one.S === other.S;
  return isDeepStrictEqual(fromWireJson(toWireJson(one)), fromWireJson(toWireJson(other)));
}

/** How many bytes a string takes in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** So many shapes are kept. There are more only where expressions are made up all the time. */
const shapesMax = 500;

/** Gives what was made for a shape before, or makes it. */
export type PerShape<T> = (shape: string, make: () => T) => T;

/**
 * Keeps what is made for each shape of a request: its expressions are long texts that depend on few
 * things. The shape has to say all of those.
 */
export function perShape<T>(): PerShape<T> {
  const known = new Map<string, T>();
  return (shape, make) => {
    if (known.size >= shapesMax && !known.has(shape)) known.clear();
    const made = known.get(shape) ?? make();
    known.set(shape, made);
    return made;
  };
}
