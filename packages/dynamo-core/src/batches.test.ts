import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Answer, type Request } from '../test/answering.js';
import type { Item } from './transport.js';
import { batchGet, batchWrite, type BatchChange } from './batches.js';
import type { BatchKey } from './input-checks.js';

type Written = { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } };

const keysOf = ({ input }: Request): Item[] =>
  (input as { RequestItems: { t: { Keys: Item[] } } }).RequestItems.t.Keys;
const writesOf = ({ input }: Request): Written[] =>
  (input as { RequestItems: { t: Written[] } }).RequestItems.t;
const sizes = (transport: Answering, of: (request: Request) => unknown[]): number[] =>
  transport.requests.map((request) => of(request).length);

const id = (text: string): BatchKey => ({
  key: { key: { S: text } },
  displayKey: `displayKey ${text}`,
});
const ids = (count: number): BatchKey[] =>
  Array.from({ length: count }, (_, index) => id(String(index)));
const put = (text: string, data: string): BatchChange => ({
  ...id(text),
  put: { key: { S: text }, data: { S: data } },
});
const rowOf = (key: Item): Item => ({ ...key, data: { S: `of ${key['key']?.S}` } });

/** Processes at most `max` rows of each request. */
function reads(max = 100): Answer {
  return (request) => {
    const keys = keysOf(request);
    const left = keys.slice(max);
    return {
      Responses: { t: keys.slice(0, max).map(rowOf) },
      ...(left.length > 0 && { UnprocessedKeys: { t: { Keys: left } } }),
    };
  };
}

function setUp(answer: Answer): {
  transport: Answering;
  clock: ManualClock;
  get: (keys: readonly BatchKey[], signal?: AbortSignal) => Promise<(Item | undefined)[]>;
  write: (changes: readonly BatchChange[]) => Promise<void>;
} {
  const transport = new Answering(answer);
  const clock = new ManualClock();
  const options = { transport, tableName: 't', clock, random: seededRandom(1) };
  return {
    transport,
    clock,
    get: (keys, signal) => clock.drive(batchGet(keys, { ...options, signal })),
    write: (changes) => clock.drive(batchWrite(changes, options)),
  };
}

describe('batchGet()', () => {
  it('sends nothing for no keys', async () => {
    const { transport, get } = setUp(reads());
    expect(await get([])).toEqual([]);
    expect(transport.requests).toEqual([]);
  });

  it('answers in input order, duplicates included, with undefined for absent rows', async () => {
    const { transport, get } = setUp(({ input }) => {
      const keys = keysOf({ input } as Request).filter((key) => key['key']?.S !== 'missing');
      return { Responses: { t: keys.map(rowOf).toReversed() } };
    });
    const rows = await get([id('b'), id('missing'), id('a'), id('b')]);
    expect(rows.map((row) => row?.['key']?.S)).toEqual(['b', undefined, 'a', 'b']);
    expect(transport.requests[0]?.input).toEqual({
      RequestItems: {
        t: { Keys: [id('b').key, id('missing').key, id('a').key], ConsistentRead: false },
      },
    });
  });

  it('asks for 100 keys at a time', async () => {
    const { transport, get } = setUp(reads());
    expect(await get(ids(230))).toHaveLength(230);
    expect(sizes(transport, keysOf)).toEqual([100, 100, 30]);
  });

  it('has four requests under way at most', async () => {
    let [current, most] = [0, 0];
    const clock = new ManualClock();
    const transport = new Answering(async (request, index) => {
      most = Math.max(most, (current += 1));
      await clock.sleep(5);
      current -= 1;
      return reads()(request, index);
    });
    const options = { transport, tableName: 't', clock, random: seededRandom(1) };
    await clock.drive(batchGet(ids(1_000), options));
    expect(most).toBe(4);
    expect(transport.requests).toHaveLength(10);
  });

  it('repeats what is left until nothing is, and keeps the order', async () => {
    const { transport, get, clock } = setUp(reads(7));
    const rows = await get(ids(230));
    expect(rows.map((row) => row?.['key']?.S)).toEqual(ids(230).map(({ key }) => key['key']?.S));
    expect(sizes(transport, keysOf).slice(0, 6)).toEqual([100, 100, 30, 100, 100, 9]);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });

  it('gives up after eight rounds without any progress, and says what is left', async () => {
    const { transport, get } = setUp((request, index) => reads(index === 0 ? 1 : 0)(request, 0));
    await expect(get([id('a'), id('b'), id('b')])).rejects.toMatchObject({
      code: 'BatchIncomplete',
      processed: 1,
      unprocessed: ['displayKey b'],
    });
    expect(transport.requests).toHaveLength(9);
  });

  it('names what is left as the caller does, so that it can be passed again', async () => {
    const callerKey = { partition: 'p', namespace: 'n', sort: 'a' };
    const { get } = setUp(reads(0));
    const error: unknown = await get([{ ...id('a'), callerKey }]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ unprocessed: [callerKey] });
    expect(String(error)).toContain('"p/n.a"');
  });

  it('finds the answer under whatever name DynamoDB gives the table', async () => {
    const { transport, get, write } = setUp((request, index) => {
      const isRead = request.operation === 'BatchGetItem';
      const keys = isRead ? keysOf(request) : [];
      if (index === 0) return { UnprocessedKeys: { other: { Keys: keys } } };
      if (isRead) return { Responses: { other: keys.map(rowOf) } };
      return index === 2 ? { UnprocessedItems: { other: writesOf(request) } } : {};
    });
    expect(await get([id('a')])).toEqual([rowOf(id('a').key)]);
    await write([put('a', '1')]);
    expect(transport.operations).toEqual([
      'BatchGetItem',
      'BatchGetItem',
      'BatchWriteItem',
      'BatchWriteItem',
    ]);
  });

  it('begins to count anew with each bit of progress', async () => {
    const { transport, get } = setUp((request, index) =>
      reads(index % 8 === 7 ? 1 : 0)(request, 0),
    );
    expect(await get([id('a'), id('b'), id('c')])).toHaveLength(3);
    expect(transport.requests).toHaveLength(24);
  });

  it('backs off with full jitter below 5 s', async () => {
    const { get, clock } = setUp(reads(0));
    await expect(get([id('a')])).rejects.toMatchObject({ code: 'BatchIncomplete' });
    // 100 + 200 + … + 5000 with all the dice at one.
    expect(clock.monotonic()).toBeGreaterThan(100);
    expect(clock.monotonic()).toBeLessThan(100 + 200 + 400 + 800 + 1_600 + 3_200 + 5_000);
  });

  it('matches rows and leftovers by the value of a number key, however it is spelled', async () => {
    const key = { pk: { S: 'p' }, sk: { N: '1e+21' } };
    const spelled = { pk: { S: 'p' }, sk: { N: '1000000000000000000000' } };
    const { transport, get } = setUp((_, index) =>
      index === 0
        ? { UnprocessedKeys: { t: { Keys: [spelled] } } }
        : { Responses: { t: [{ ...spelled, data: { S: 'x' } }] } },
    );
    expect(await get([{ key, displayKey: 'k' }])).toEqual([{ ...spelled, data: { S: 'x' } }]);
    expect(transport.requests).toHaveLength(2);
  });

  it('tells numbers apart that a JavaScript number merges', async () => {
    const key = (text: string): BatchKey => ({ key: { n: { N: text } }, displayKey: text });
    const { get } = setUp((request) => ({ Responses: { t: keysOf(request) } }));
    const rows = await get([key('9007199254740993'), key('9007199254740992')]);
    expect(rows.map((row) => row?.['n']?.N)).toEqual(['9007199254740993', '9007199254740992']);
  });

  it('matches binary keys, a Buffer or not', async () => {
    const row = { b: { B: new Uint8Array([97, 98]) } };
    const { get } = setUp(() => ({ Responses: { t: [row] } }));
    expect(await get([{ key: { b: { B: Buffer.from('ab') } }, displayKey: 'ab' }])).toEqual([row]);
  });

  it('ends with the reason of the signal while it waits', async () => {
    const controller = new AbortController();
    const { transport, get } = setUp((request) => {
      controller.abort(new Error('enough'));
      return reads(0)(request, 0);
    });
    await expect(get([id('a')], controller.signal)).rejects.toThrow('enough');
    expect(transport.requests).toHaveLength(1);
    expect(transport.requests[0]?.options?.signal).toBe(controller.signal);
  });

  it('passes errors of the SDK on as they are', async () => {
    const error = sdkError('ResourceNotFoundException');
    const { get } = setUp(() => Promise.reject(error));
    await expect(get(ids(300))).rejects.toBe(error);
  });
});

/** Writes at most `max` rows of each request. */
function writes(max = 25): Answer {
  return (request) => {
    const left = writesOf(request).slice(max);
    return left.length === 0 ? {} : { UnprocessedItems: { t: left } };
  };
}

describe('batchWrite()', () => {
  it('sends nothing for no changes', async () => {
    const { transport, write } = setUp(writes());
    await write([]);
    expect(transport.requests).toEqual([]);
  });

  it('puts and deletes; of several changes to one key the last one wins', async () => {
    const { transport, write } = setUp(writes());
    await write([put('a', '1'), put('b', '1'), id('b'), put('c', '1'), put('a', '2')]);
    expect(transport.requests.map(({ input }) => input)).toEqual([
      {
        RequestItems: {
          t: [
            { PutRequest: { Item: { key: { S: 'a' }, data: { S: '2' } } } },
            { DeleteRequest: { Key: { key: { S: 'b' } } } },
            { PutRequest: { Item: { key: { S: 'c' }, data: { S: '1' } } } },
          ],
        },
      },
    ]);
  });

  it('sends 25 rows at a time', async () => {
    const { transport, write } = setUp(writes());
    await write(ids(60));
    expect(sizes(transport, writesOf)).toEqual([25, 25, 10]);
  });

  it('sends at most 16 MB at a time, of which JSON may take six for one', async () => {
    const { transport, write } = setUp(writes());
    await write(ids(25).map(({ key }) => put(key['key']?.S ?? '', '\u0001'.repeat(400_000))));
    expect(sizes(transport, writesOf)).toEqual([6, 6, 6, 6, 1]);
    for (const { input } of transport.requests) {
      expect(JSON.stringify(input).length).toBeLessThan(16 * 1024 * 1024);
    }
  });

  it('repeats what is left, puts and deletes alike, until nothing is', async () => {
    const { transport, write } = setUp(writes(3));
    await write([...ids(10), ...['a', 'b', 'c'].map((text) => put(text, text))]);
    const seen = new Set(
      transport.requests.flatMap((request) =>
        writesOf(request)
          .slice(0, 3)
          .map((one) => one.DeleteRequest?.Key['key']?.S ?? one.PutRequest?.Item['data']?.S),
      ),
    );
    expect(seen.size).toBe(13);
    expect(sizes(transport, writesOf)).toEqual([13, 10, 7, 4, 1]);
  });

  it('gives up with the keys of what is left', async () => {
    const { write } = setUp(writes(0));
    await expect(write([put('a', '1'), id('b'), put('a', '2')])).rejects.toMatchObject({
      code: 'BatchIncomplete',
      name: 'BatchIncompleteError',
      processed: 0,
      unprocessed: ['displayKey a', 'displayKey b'],
    });
  });
});

describe('a batch that comes back with rows left', () => {
  it('tells of each round, before it pauses, and of the last', async () => {
    const told: unknown[] = [];
    const listen = (message: unknown): void => {
      const { durationMs: _, ...rest } = message as { durationMs: number };
      told.push(rest);
    };
    subscribe('x-dynamo:core:batch-repeat', listen);
    let processed = 1;
    const { get } = setUp((request, index) => reads(processed--)(request, index));
    await expect(get(ids(2))).rejects.toThrow('are left');
    unsubscribe('x-dynamo:core:batch-repeat', listen);
    const stalled = Array.from({ length: 7 }, () => ({ key: 'displayKey 1', outcome: 'stalled' }));
    expect(told).toEqual([
      { key: 'displayKey 1', outcome: 'advanced' },
      ...stalled,
      { key: 'displayKey 1', outcome: 'incomplete' },
    ]);
  });
});
