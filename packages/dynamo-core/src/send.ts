// What every request passes on its way, from the one that asks to the transport that is connected.
//
// A request that holds times of the clock goes through `send` (or `writeConditionally`, `pages`,
// `transactWrite`, the `put` of a batch) as a function that builds it from `clock.now()`: it is built
// anew where DynamoDB refused it because the machine's clock was wrong. Ids are made outside of it.

import {
  correctedBy,
  deadline,
  checkedClock,
  uncorrected,
  type Clock,
  type ClockOffset,
  type DynamoClock,
  type Random,
} from './clock.js';
import { errorName, InvalidInputError, isConditionalCheckFailed } from './errors.js';
import type * as transactionErrors from './transaction-errors.js';
import type {
  CallOptions,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  Item,
} from './transport.js';

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

/** The operations that take a condition and write one row. */
export type ConditionalOperation = 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** What became of a conditional write. */
export type ConditionalOutcome =
  /** The condition held. `item` is what `ReturnValues` asked for. */
  | { readonly outcome: 'applied'; readonly item: Item | undefined }
  /** The condition failed because an earlier send of the same call had been applied already. */
  | { readonly outcome: 'recognised'; readonly item: Item }
  /** The condition failed. `item` is the existing row, if there is one. */
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

const asksForRow = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

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
    return Object.assign({}, built, asksForRow);
  });
  try {
    const output = await send(transport, operation, asked, { signal });
    return { outcome: 'applied', item: output.Attributes };
  } catch (error) {
    if (!isConditionalCheckFailed(error, signal)) throw error;
    const read = () =>
      mustExist && readItem({ transport, tableName, key: mustExist }, true, { signal });
    const item = error.Item ?? (await read());
    return item !== undefined && isMine?.(item) === true
      ? { outcome: 'recognised', item }
      : { outcome: 'refused', item };
  }
}

/** Where a row is. */
interface RowPlace {
  readonly transport: DynamoTransport;
  readonly tableName: string | undefined;
  readonly key: Item;
}

/** Reads one row whole: one GetItem, which sees all that was written before where it is consistent. */
export async function readItem(
  { transport, tableName, key }: RowPlace,
  isConsistent: boolean,
  options: CallOptions,
): Promise<Item | undefined> {
  const input = { TableName: tableName, Key: key, ConsistentRead: isConsistent };
  return (await transport.call('GetItem', input, options)).Item;
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

/**
 * A transport whose requests all end: at the moment when their signal aborts, and after `ms`
 * milliseconds in any case. An endpoint may accept a connection and never answer. What answers
 * within the process (`usesSockets: false`) is left as it is.
 */
export function bounded(transport: DynamoTransport, clock: Clock, ms: number): DynamoTransport {
  if (transport.usesSockets === false) return transport;
  return {
    call: (operation, input, options) =>
      deadline({ clock, ms, signal: options?.signal }, (signal) =>
        transport.call(operation, input, { ...options, signal }),
      ),
  };
}

type Load = () => unknown;

const all = /* @__PURE__ */ new Set<Load>();

/** Gives what is loaded on first use: a promise of it until it is there. */
export type OnFirstUse<T> = () => T | Promise<T>;

/**
 * Loads a module when it is needed first, and has it at hand from then on: `import()` alone takes
 * several microseconds each time. Arguments are checked and copied before it is waited for.
 *
 * @example
 * ```ts
 * import { onFirstUse } from '@x/dynamo-core/mechanism';
 *
 * const zip = onFirstUse(() => import('node:zlib'));
 * const { gzipSync } = await zip();
 * console.log(gzipSync('a').byteLength);
 * ```
 */
export function onFirstUse<T>(load: () => Promise<T>): OnFirstUse<T> {
  let loaded: T | undefined;
  const get = (): T | Promise<T> => loaded ?? load().then((module) => (loaded = module));
  all.add(get);
  return get;
}

/** An iteration whose code is loaded when it begins. */
export async function* iterationOf<T>(
  begin: () => Promise<AsyncIterable<T>>,
): AsyncGenerator<T, void, undefined> {
  yield* await begin();
}

/**
 * Loads now what all the packages of the process load on first use: for one that has time before its
 * first call.
 *
 * @example
 * ```ts
 * import { preload } from '@x/dynamo-core/mechanism';
 *
 * await preload();
 * ```
 */
export async function preload(): Promise<void> {
  // The loop also comes to what is added meanwhile: by modules that are loaded here.
  for (const get of all) await get();
}

/** A transport that is loaded on its first call. */
export function lazyTransport(
  { usesSockets }: Pick<DynamoTransport, 'usesSockets'>,
  load: () => Promise<DynamoTransport>,
): DynamoTransport {
  let loaded: DynamoTransport | undefined;
  const first: DynamoTransport['call'] = async (operation, input, options) => {
    options?.signal?.throwIfAborted();
    const made = await load();
    // Two first calls may both get here: the first one to finish provides that of both.
    loaded ??= made;
    return loaded.call(operation, input, options);
  };
  return {
    usesSockets,
    call: (operation, input, options) =>
      loaded === undefined
        ? first(operation, input, options)
        : loaded.call(operation, input, options),
  };
}

/** Loads what repeats conflicts: for those who may not load it later. */
export const conflicts: OnFirstUse<typeof transactionErrors> = /* @__PURE__ */ onFirstUse(
  () => import('./transaction-errors.js'),
);

/**
 * A transport that repeats what only met a transaction under way. Nothing was applied then, and the
 * SDK repeats none of it. After eight repeats, the SDK's error passes through. Its answers are objects
 * without nulls, and no log shows the rows that its errors hold.
 */
export function repeatConflicts(
  transport: DynamoTransport,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DynamoTransport {
  return {
    async call(operation, input, options) {
      for (let repeats = 0; ; repeats++) {
        try {
          return withoutNulls(operation, input, await transport.call(operation, input, options));
        } catch (error) {
          // They stay where the SDK has them, to be read and not to be logged.
          for (const name of ['Item', 'CancellationReasons']) {
            if (Object.hasOwn(Object(error), name))
              Reflect.defineProperty(error as object, name, { enumerable: false });
          }
          if (errorName(error)?.startsWith('Transaction') !== true) throw error;
          const { awaitPassing } = await conflicts();
          await awaitPassing(error, repeats, { clock, random, signal: options?.signal });
        }
      }
    },
  };
}

/**
 * A transport that speaks JSON may answer `null` for what is absent, and a mock that was given no
 * answer resolves to nothing, or to an empty object.
 */
function withoutNulls<O extends DynamoOperation>(
  operation: O,
  input: DynamoInput<O>,
  output: DynamoOutput<O>,
): DynamoOutput<O> {
  const { ReturnValues } = input as { ReturnValues: string };
  const { Attributes } = Object(output) as DynamoOutput<'UpdateItem'>;
  // A row that was written is not empty: without it, a count would be read as 0.
  if (Object(output) !== output || (/_NEW/.test(ReturnValues) && !Attributes)) {
    const allowed = `a client that answers ${operation}: is it a mock?`;
    throw new InvalidInputError('dynamo', output, allowed, { isData: true });
  }
  if (!Object.values<unknown>(output).includes(null)) return output;
  const fields = Object.entries(output).filter(([, field]) => field !== null);
  return Object.fromEntries(fields) as DynamoOutput<O>;
}

const serverTime = /* @__PURE__ */ onFirstUse(() => import('./server-time.js'));

/** Where a primitive gets its time from. */
export interface ClockOptions {
  /** @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /**
   * Whether the time that DynamoDB's answers carry corrects the clock. `true` does it for every
   * server, and for a `clock` that is given, too; `false` never does. A clock that is not corrected
   * is used as it is, in whole milliseconds.
   *
   * @default for answers of AWS's own hosts, unless `clock` is given
   */
  readonly serverClock?: boolean | undefined;
}

/** A transport, and the clock that its answers correct. */
interface TimedTransport {
  readonly transport: DynamoTransport;
  readonly clock: DynamoClock;
}

/**
 * The clock of a connection, and the transport that it learns from. It is the machine's while that
 * agrees with DynamoDB's answers, and else the earliest time that they allow: `logger` is then
 * warned, once. Nothing is sent for it.
 */
export function timedByServer(
  transport: DynamoTransport,
  { clock: given, serverClock }: ClockOptions,
  logger?: { warn(message: string): void },
): TimedTransport {
  const machine = checkedClock(given);
  // What answers within the process has no clock of its own.
  const isOthers = given === undefined && transport.usesSockets !== false;
  if (!(serverClock ?? isOthers)) return { transport, clock: uncorrected(machine) };

  // Until the first answer, what others have learned on this machine is better than nothing.
  let known = (): ClockOffset | undefined => machine.serverBounds?.of(machine);
  const clock = correctedBy(machine, () => known());
  const timed = lazyTransport(transport, async () => {
    const { learning } = await serverTime();
    const learned = learning(transport, clock, serverClock === true, logger);
    known = learned.known;
    return learned.transport;
  });
  return { clock, transport: timed };
}
