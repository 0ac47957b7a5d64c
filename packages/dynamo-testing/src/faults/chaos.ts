import { InvalidInputError, type CallOptions, type DynamoTransport } from '@x/dynamo-core';

import { seededRandom } from '../clock/seeded-random.js';
import { checkMemory } from '../memory/check-memory.js';
import { isServiceError, throttled } from '../memory/service-errors.js';
import { formatWire, parseWire } from '../memory/wire-json.js';
import { splitBatch, unprocessedField } from './partial-batch.js';
import { connectionReset, type Json } from './wire.js';

/**
 * How often what happens: each a share of the calls, from 0 to 1. Where they come to more than 1
 * together, each keeps its part of them.
 */
export interface ChaosOptions {
  /** A number, or a log of `log()`, or what stands behind `seed` in it: it holds the shares, too. */
  readonly seed: number | string;
  /** The call is applied and its answer is lost. */
  readonly lostResponses?: number | undefined;
  /** The call is applied, and a copy of it once more one to eight calls later. */
  readonly lateCopies?: number | undefined;
  /** The call is refused with a `ProvisionedThroughputExceededException`. */
  readonly throttles?: number | undefined;
  /** A part of a batch is left unprocessed: a share of the batches. */
  readonly partialBatches?: number | undefined;
  /** The call is never answered, until its signal aborts; one of two is applied. */
  readonly silence?: number | undefined;
}

/** A transport that things go wrong in, always the same ones for the same seed. */
export interface Chaos extends DynamoTransport {
  /** The seed, and a line for each call to which something happened. */
  log(): string;
}

const kinds = ['lostResponses', 'lateCopies', 'throttles', 'partialBatches', 'silence'] as const;
type Kind = (typeof kinds)[number];
type Shares = Readonly<Record<Kind, number>>;

const usual: Shares = {
  lostResponses: 0.1,
  lateCopies: 0.05,
  throttles: 0.05,
  partialBatches: 0.1,
  silence: 0,
};
const lateCallsMax = 8;

/**
 * Wraps a transport in what a network and a busy table do, so that tests of your own code meet it.
 * All of it comes from the seed, one draw for each call, in the order of the calls; a repeat that
 * the SDK sends is a call of its own.
 *
 * With `seed` alone the usual shares apply: of 100 calls, 10 lose their response, 5 arrive once
 * more, 5 are throttled, and 10 of 100 batches are processed in part. With any share given, the
 * others are 0. `log()` begins with a seed that repeats the run by itself.
 *
 * @throws {InvalidInputError} for a seed or a share that is none, and without a memory.
 *
 * @example
 * ```ts
 * import { chaos, immediateRetries, MemoryDynamo, memoryClient } from '@x/dynamo-testing';
 *
 * const memory = new MemoryDynamo();
 * const TableName = memory.createTable({ name: 'counts', partitionKey: { name: 'id', type: 'S' } });
 * const faulty = chaos(memory, { seed: 3, lostResponses: 0.5 });
 * const client = memoryClient(faulty, { retryStrategy: immediateRetries() });
 * await client.putItem({ TableName, Item: { id: { S: 'a' } } });
 * console.log(faulty.log());
 * ```
 */
export function chaos(memory: DynamoTransport, options: ChaosOptions): Chaos {
  checkMemory(memory);
  const { number, shares, text } = readSeed(options);
  const random = seededRandom(number);
  const lines: string[] = [`seed ${text}`];
  const late: { readonly at: number; readonly send: () => Promise<unknown> }[] = [];
  let calls = 0;

  async function call(operation: string, input: object, options?: CallOptions): Promise<object> {
    calls += 1;
    const number = calls;
    const { kind, position } = choose(sharesOf(shares, operation), random.unit());
    const note = (what: string): number => lines.push(`${number} ${operation}: ${what}`);
    const send = memory.call.bind(memory) as unknown as typeof call;
    // Applied before the call that they precede; nothing waits for what they are answered.
    for (const copy of late.filter(({ at }) => at <= number)) {
      late.splice(late.indexOf(copy), 1);
      copy.send().catch(() => undefined);
    }
    switch (kind) {
      case 'lostResponses':
        note('response lost');
        await answered(send(operation, input, options));
        throw connectionReset();
      case 'lateCopies': {
        const after = 1 + Math.floor(position * lateCallsMax);
        note(`again after ${after}`);
        const copy = parseWire(formatWire(input));
        late.push({ at: number + after, send: () => send(operation, copy) });
        return send(operation, input, options);
      }
      case 'throttles':
        note('throttled');
        throw throttled();
      case 'partialBatches':
        return partly(operation, input as Json, position, note, (some) =>
          send(operation, some, options),
        );
      case 'silence': {
        const isApplied = position < 0.5;
        note(isApplied ? 'silence, applied' : 'silence');
        if (isApplied) await answered(send(operation, input, options));
        return silence(options?.signal);
      }
      case undefined:
        return send(operation, input, options);
    }
  }

  return { call: call as unknown as DynamoTransport['call'], log: () => lines.join('\n') };
}

async function partly(
  operation: string,
  input: Json,
  position: number,
  note: (what: string) => void,
  send: (input: object) => Promise<object>,
): Promise<object> {
  const field = unprocessedField(operation);
  const { now, later } = splitBatch(input, Math.floor(position * entriesIn(input)));
  note(`${entriesIn({ RequestItems: later })} unprocessed`);
  if (Object.keys(now).length === 0) {
    return operation === 'BatchGetItem' ? { Responses: {}, [field]: later } : { [field]: later };
  }
  const output = (await send({ ...input, RequestItems: now })) as Json;
  return { ...output, [field]: { ...(output[field] as object), ...later } };
}

function entriesIn(input: Json): number {
  const parts = Object.values((input['RequestItems'] ?? {}) as Record<string, unknown>);
  return parts.reduce<number>((count, part) => {
    const entries = Array.isArray(part) ? part : (part as { Keys?: readonly unknown[] }).Keys;
    return count + (entries?.length ?? 0);
  }, 0);
}

/** An answer, or a refusal, that is lost. What memory cannot do is no answer. */
async function answered(sent: Promise<unknown>): Promise<void> {
  await sent.catch((error: unknown) => {
    if (!isServiceError(error)) throw error;
  });
}

/** Ends only with the signal; nothing is left behind that would keep a process. */
function silence(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** The shares of a call, together at most 1: only a batch can be processed in part. */
function sharesOf(shares: Shares, operation: string): Shares {
  const isBatch = operation.startsWith('Batch');
  const own: Shares = isBatch ? shares : { ...shares, partialBatches: 0 };
  const total = Math.max(
    1,
    kinds.reduce((sum, kind) => sum + own[kind], 0),
  );
  return sharesBy((kind) => own[kind] / total);
}

/** What happens to a call, and where in its share the draw fell, from 0 to 1. */
function choose(shares: Shares, unit: number): { kind: Kind | undefined; position: number } {
  let from = 0;
  for (const kind of kinds) {
    const share = shares[kind];
    if (unit < from + share) return { kind, position: (unit - from) / share };
    from += share;
  }
  return { kind: undefined, position: 0 };
}

interface Seed {
  readonly number: number;
  readonly shares: Shares;
  /** What repeats the run. */
  readonly text: string;
}

function readSeed(options: ChaosOptions): Seed {
  const { seed, ...given } = Object(options) as ChaosOptions;
  const [first = ''] = String(seed).split('\n');
  const [digits, ...named] = first.replace(/^seed /, '').split(' ');
  const number = Number(digits === '' ? NaN : digits);
  const written = Object.fromEntries(named.map((share) => share.split('=')));
  const all: Record<string, unknown> = { ...written };
  for (const [name, share] of Object.entries(given)) {
    if (share === undefined) continue;
    // Only in a seed is a share a text.
    all[name] = typeof share === 'number' ? share : NaN;
  }
  const unknown = Object.keys(all).find((name) => !kinds.includes(name as Kind));
  if (unknown !== undefined) {
    const value = Object(given)[unknown] ?? all[unknown];
    throw new InvalidInputError(unknown, value, `left out: shares are ${kinds.join(', ')}`);
  }
  if (!Number.isInteger(number)) {
    throw new InvalidInputError('seed', seed, 'a whole number, or the seed of a log');
  }
  const isUsual = Object.keys(all).length === 0;
  const shareOf = (kind: Kind): number =>
    checkShare(kind, isUsual ? usual[kind] : (all[kind] ?? 0));
  const shares = sharesBy(shareOf);
  const positive = kinds.filter((kind) => shares[kind] > 0);
  // Without any share it would be a seed of the usual ones.
  const shown = positive.length > 0 ? positive : kinds.slice(0, 1);
  const text = shown.map((kind) => ` ${kind}=${shares[kind]}`).join('');
  return { number, shares, text: isUsual ? String(number) : number + text };
}

function sharesBy(shareOf: (kind: Kind) => number): Shares {
  return Object.fromEntries(kinds.map((kind) => [kind, shareOf(kind)])) as Record<Kind, number>;
}

function checkShare(kind: Kind, value: unknown): number {
  const share = Number(value);
  if (value === '' || !(share >= 0 && share <= 1)) {
    throw new InvalidInputError(kind, value, 'a share from 0 to 1');
  }
  return share;
}
