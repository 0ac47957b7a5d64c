import type { AttributeValue, DynamoInput, Item } from './transport.js';
import { send, type Built } from './send.js';
import { itemBytes, parseDecimal } from './item-size.js';
import type { BatchChange, BatchGetOptions, BatchOptions } from './batches.js';
import type { CallerKey } from './errors.js';
import { DynamoPrimitiveError, keyText } from './primitive-errors.js';
import { pause } from './backoff.js';
import { diagnosticsChannel } from './diagnostics-channels.js';
import { beginning, tell, type Beginning } from './telling.js';
import type { BatchKey } from './input-checks.js';
import { mapConcurrently } from './map-concurrently.js';

/** DynamoDB kept leaving rows of a batch unprocessed. What was processed stays as it is. */
export class BatchIncompleteError extends DynamoPrimitiveError {
  static override readonly code = 'BatchIncomplete';

  /** How many rows were processed. */
  readonly processed: number;
  /** The keys that are left, as the caller passed them: pass them again to go on. */
  readonly unprocessed: readonly CallerKey[];

  constructor(processed: number, unprocessed: readonly CallerKey[]) {
    super(
      `Cannot finish the batch: ${processed} rows are processed, ${unprocessed.length} are left (the first is "${keyText(unprocessed[0] ?? '')}")`,
    );
    this.processed = processed;
    this.unprocessed = unprocessed;
  }
}

const getMax = 100;

const writeMax = 25;

/** DynamoDB takes 16 MB a request. JSON escapes a control character as six bytes: a sixth is filled. */
const requestBytesMax = 2_796_202;

const concurrency = 4;

const backoff = { firstMs: 50, maxMs: 5_000 };

/** How often a batch may come back without any progress before it is given up. */
const stalledMax = 8;

const repeats = /* @__PURE__ */ diagnosticsChannel('x-dynamo:core:batch-repeat');

/** See `batchGet`. */
export async function getInBatches(
  keys: readonly BatchKey[],
  { transport, tableName, consistent = false, attributes, ...options }: BatchGetOptions,
): Promise<(Item | undefined)[]> {
  const found = new Map<string, Item>();
  const idOf = identityIn(keys);
  await sendInBatches(keys, getMax, options, async (chunk) => {
    const request = {
      Keys: chunk.map(({ key }) => key),
      ConsistentRead: consistent,
      ...(attributes && projection([...Object.keys(chunk[0]?.key ?? {}), ...attributes])),
    };
    const output = await transport.call(
      'BatchGetItem',
      { RequestItems: { [tableName]: request } },
      options,
    );
    for (const item of onlyEntry(output.Responses) ?? []) found.set(idOf(item), item);
    return onlyEntry(output.UnprocessedKeys)?.Keys ?? [];
  });
  return keys.map(({ key }) => found.get(idOf(key)));
}

/** See `batchWrite`. */
export async function writeInBatches(
  changes: readonly BatchChange[],
  { transport, tableName, ...options }: BatchOptions,
): Promise<void> {
  await sendInBatches(changes, writeMax, options, async (chunk) => {
    const build = (): DynamoInput<'BatchWriteItem'> => {
      const requests = chunk.map(({ key, put }) =>
        put === undefined ? { DeleteRequest: { Key: key } } : { PutRequest: { Item: rowOf(put) } },
      );
      return { RequestItems: { [tableName]: requests } };
    };
    const output = await send(transport, 'BatchWriteItem', build, options);
    const left = onlyEntry(output.UnprocessedItems) ?? [];
    return left.map((request) => request.DeleteRequest?.Key ?? request.PutRequest?.Item ?? {});
  });
}

function rowOf(put: Built<Item>): Item {
  return typeof put === 'function' ? put() : put;
}

/**
 * Sends each key once (the last of several changes to it), chunk by chunk; `sendChunk` answers with the
 * keys (or rows) that were left unprocessed.
 */
async function sendInBatches<T extends BatchChange>(
  all: readonly T[],
  chunkMax: number,
  options: Pick<BatchOptions, 'clock' | 'random' | 'signal'>,
  sendChunk: (chunk: readonly T[]) => Promise<readonly Item[]>,
): Promise<void> {
  const idOf = identityIn(all);
  const left = new Map(all.map((entry) => [idOf(entry.key), entry]));
  const { size } = left;
  let stalled = 0;
  const begun = repeats.hasSubscribers ? beginning(options.clock) : undefined;
  while (left.size > 0) {
    const chunks = chunksOf(left.values(), chunkMax);
    const unprocessed = await mapConcurrently(chunks, concurrency, sendChunk);
    const again = new Set(unprocessed.flat().map(idOf));
    if (again.size === 0) return;
    stalled = again.size < left.size ? 0 : stalled + 1;
    for (const id of left.keys()) if (!again.has(id)) left.delete(id);
    const entries = [...left.values()];
    tellRepeat(begun, entries[0]?.displayKey ?? '', stalled);
    if (stalled >= stalledMax) {
      throw new BatchIncompleteError(
        size - left.size,
        entries.map(({ displayKey, callerKey = displayKey }) => callerKey),
      );
    }
    await pause(stalled, backoff, options);
  }
}

function tellRepeat(begun: Beginning | undefined, displayKey: string, stalled: number): void {
  const isLast = stalled >= stalledMax;
  tell(repeats, begun, displayKey, isLast ? 'incomplete' : stalled > 0 ? 'stalled' : 'advanced');
}

/** A request names one table; the answer may name it otherwise, where that was by its ARN. */
function onlyEntry<T>(byTable: Readonly<Record<string, T>> | null | undefined): T | undefined {
  return Object.values(byTable ?? {})[0];
}

/** What makes two rows the same one: the values of their key attributes. */
function identityIn(keys: readonly BatchKey[]): (item: Item) => string {
  const keyNames = Object.keys(keys[0]?.key ?? {});
  const [name = '', ...more] = keyNames;
  return (item) => {
    const text = item[name]?.S;
    // Of most tables: to make JSON of each key takes as long as all else.
    if (text !== undefined && more.length === 0) return text;
    return JSON.stringify(keyNames.map((each) => keyIdentity(item[each])));
  };
}

/** DynamoDB answers with a spelling of its own, so that numbers are compared as such. */
function keyIdentity(attribute: AttributeValue | undefined): unknown {
  if (attribute?.N !== undefined) return parseDecimal(attribute.N);
  return attribute?.B === undefined ? attribute?.S : Buffer.from(attribute.B).toString('base64');
}

function chunksOf<T extends BatchChange>(entries: Iterable<T>, countMax: number): T[][] {
  const chunks: T[][] = [];
  let chunk: T[] | undefined;
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.put === undefined ? 0 : itemBytes(rowOf(entry.put));
    bytes += size;
    if (chunk === undefined || chunk.length === countMax || bytes > requestBytesMax) {
      chunk = [];
      chunks.push(chunk);
      bytes = size;
    }
    chunk.push(entry);
  }
  return chunks;
}

function projection(names: readonly string[]): {
  readonly ProjectionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
} {
  const places = names.map((name, index) => [`#a${index}`, name] as const);
  return {
    ProjectionExpression: places.map(([place]) => place).join(', '),
    ExpressionAttributeNames: Object.fromEntries(places),
  };
}
