import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import type { GetOrSetOptions } from './value-options.js';
import type { DynamoInput, DynamoTransport, Item } from './transport.js';
import { N, S, jsonCodec } from './attributes.js';
import { ValueTable } from './value-table.js';

const startMs = Date.UTC(2030, 0, 1);
const tableName = 'keys';
const options: GetOrSetOptions = { ttlSeconds: 60, staleSeconds: 30, leaseMs: 10_000 };

let clock: ManualClock;
let memory: MemoryDynamo;
let sent: string[];
let computed: number;
let seed = 0;
/** Runs after a request was applied, before its answer comes. */
let after: ((operation: string, input: object) => unknown) | undefined;

beforeEach(() => {
  clock = new ManualClock({ nowMs: startMs });
  memory = new MemoryDynamo({ clock });
  memory.createTable({ name: tableName, partitionKey: { name: 'key', type: 'S' } }, tableName);
  [sent, computed, after] = [[], 0, undefined];
});

/** Another process. */
function open(version = 'version'): ValueTable<'id'> {
  const transport: DynamoTransport = {
    call: async (operation, input) => {
      sent.push(operation);
      const output = await memory.call(operation, input);
      await after?.(operation, input);
      return output;
    },
  };
  return new ValueTable<'id'>({
    transport,
    tableName,
    names: { data: 'data', version, expiresAt: 'expiresAt' },
    codec: jsonCodec,
    clock,
    random: seededRandom(++seed),
    owner: { name: 'ns', value: 'a' },
    address: (id) => ({ key: { key: S(id) }, displayKey: id }),
  });
}

const next = (): number => ++computed;
const row = (): Item | undefined => memory.rows(tableName)[0];

/** A computation that the test ends. */
function slow(): {
  compute: () => Promise<unknown>;
  end: (value: unknown) => void;
  fail: (e: Error) => void;
} {
  let end: (value: unknown) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<unknown>((resolve, reject) => ([end, fail] = [resolve, reject]));
  return { compute: () => ended, end: (value) => end(value), fail: (error) => fail(error) };
}

describe('getOrSet()', () => {
  test('computes once for three requests, and a hit is one GetItem', async () => {
    expect(await open().getOrSet('a', next, options)).toBe(1);
    expect(sent).toEqual(['GetItem', 'UpdateItem', 'UpdateItem']);
    sent = [];
    expect(await open().getOrSet('a', next, options)).toBe(1);
    expect(sent).toEqual(['GetItem']);
    expect(row()).toMatchObject({ data: S('1'), expiresAt: N(startMs / 1000 + 90) });
    expect(row()).not.toHaveProperty('claim');
  });

  test('lets the others wait for the one that computes', async () => {
    const { compute, end } = slow();
    const all = [open().getOrSet('a', compute, options)];
    await clock.advance(0);
    all.push(open().getOrSet('a', next, options), open().getOrSet('a', next, options));
    await clock.advance(3_000);
    end('slow');
    await clock.advance(4_000);
    expect(await Promise.all(all)).toEqual(['slow', 'slow', 'slow']);
    expect(computed).toBe(0);
  });

  test('a thousand that wait send at most 600 requests a second, and have it within 4 seconds', async () => {
    const { compute, end } = slow();
    const long = { ...options, leaseMs: 60_000 };
    const all = [open().getOrSet('a', compute, long)];
    await clock.advance(0);
    for (let n = 0; n < 1_000; n++) all.push(open().getOrSet('a', next, long));
    await clock.advance(5_000);
    for (let second = 0; second < 5; second++) {
      sent = [];
      await clock.advance(1_000);
      expect(sent.length).toBeLessThan(600);
    }
    end('slow');
    await clock.advance(4_000);
    expect(new Set(await Promise.all(all))).toEqual(new Set(['slow']));
  });

  test('gives what is stale while one computes, and not beyond staleSeconds', async () => {
    await open().getOrSet('a', next, options);
    await clock.advance(60_000);
    const { compute, end } = slow();
    const first = open().getOrSet('a', compute, { ...options, leaseMs: 60_000 });
    await clock.advance(0);
    expect(await open().getOrSet('a', next, options)).toBe(1);
    const impatient = open().getOrSet('a', next, { ttlSeconds: 60 });
    await clock.advance(30_001);
    expect(await open().get('a')).toBeUndefined();
    const late = open().getOrSet('a', next, options);
    end('new');
    await clock.advance(4_000);
    expect(await Promise.all([first, impatient, late])).toEqual(['new', 'new', 'new']);
  });

  test('takes over from a dead one after its lease, and never stores over its successor', async () => {
    const dead = slow();
    const first = open().getOrSet('a', dead.compute, options);
    await clock.advance(0);
    const second = open().getOrSet('a', next, options);
    await clock.advance(10_249);
    expect(computed).toBe(0);
    await clock.advance(4_000);
    expect(await second).toBe(1);
    dead.end('late');
    expect(await first).toBe('late');
    expect(await open().get('a')).toBe(1);
  });

  test.each<[string, (store: ValueTable<'id'>) => Promise<unknown>, unknown]>([
    ['set', (store) => store.set('a', 'set'), 'set'],
    ['set with an expiry', (store) => store.set('a', 'set', { ttlSeconds: 5 }), 'set'],
    ['setIfNotExists', (store) => store.setIfNotExists('a', 'set'), 'set'],
    ['delete', (store) => store.delete('a'), undefined],
    ['set and delete', async (store) => (await store.set('a', 1), store.delete('a')), undefined],
  ])('does not store after a %s in between, and returns its value', async (_, write, left) => {
    const { compute, end } = slow();
    const call = open().getOrSet('a', compute, options);
    await clock.advance(0);
    await write(open());
    end('computed');
    expect(await call).toBe('computed');
    expect(await open().get('a')).toBe(left);
    // Nothing is left that others would wait for.
    expect(row()).not.toHaveProperty('claimEnds');
  });

  test('does not store behind a delete, though a late copy of its claim comes between', async () => {
    const { compute, end } = slow();
    let copy: DynamoInput<'UpdateItem'> | undefined;
    after = (operation, input) => {
      if (operation === 'UpdateItem') copy ??= input as DynamoInput<'UpdateItem'>;
    };
    let call: Promise<unknown> | undefined;
    await new Promise<void>((begun) => {
      call = open().getOrSet('a', () => (begun(), compute()), options);
    });
    expect(await open().delete('a')).toBe(false);
    await expect(memory.call('UpdateItem', copy as never)).rejects.toThrow();
    end('computed before');
    expect(await call).toBe('computed before');
    expect(await open().get('a')).toBeUndefined();
    expect(await open().delete('a')).toBe(false);
    // What is set in the row of a revoked claim can be deleted, once.
    await open().set('a', 'set');
    const deleted = [open().delete('a'), open().delete('a')];
    expect((await Promise.all(deleted)).toSorted()).toEqual([false, true]);
    expect(await open().get('a')).toBeUndefined();
    expect(await open().getOrSet('a', next, options)).toBe(1);
    expect(await open().delete('a')).toBe(true);
    expect(row()).toBeUndefined();
  });

  test('does not store behind a second delete, in the row that the first one left', async () => {
    const begun = async (): Promise<{ call: Promise<unknown>; end: (value: unknown) => void }> => {
      const { compute, end } = slow();
      let call: Promise<unknown> = Promise.resolve();
      await new Promise<void>((begins) => {
        call = open().getOrSet('a', () => (begins(), compute()), options);
      });
      return { call, end };
    };
    const first = await begun();
    await open().delete('a');
    const inputs: unknown[] = [];
    after = (_, input) => inputs.push(input);
    const second = await begun();
    const [, copy] = inputs;
    await open().delete('a');
    await expect(memory.call('UpdateItem', copy as never)).rejects.toThrow();
    first.end('first');
    second.end('second');
    expect(await Promise.all([first.call, second.call])).toEqual(['first', 'second']);
    expect(await open().get('a')).toBeUndefined();
  });

  test('does not store over a stale value that was set or deleted meanwhile', async () => {
    await open().getOrSet('a', next, options);
    await clock.advance(61_000);
    const { compute, end } = slow();
    const call = open().getOrSet('a', compute, options);
    await clock.advance(0);
    await open().set('a', 'set');
    expect(await open().getOrSet('a', next, options)).toBe('set');
    end('computed');
    expect(await call).toBe('computed');
    expect(await open().get('a')).toBe('set');
  });

  test('hands an error to its caller and frees the claim, also beside a stale value', async () => {
    const failing = (): Promise<never> => Promise.reject(new RangeError('no'));
    await expect(open().getOrSet('a', failing, options)).rejects.toThrow('no');
    expect(row()).toBeUndefined();
    await open().getOrSet('a', next, options);
    await clock.advance(61_000);
    await expect(open().getOrSet('a', failing, options)).rejects.toThrow('no');
    expect(row()).not.toHaveProperty('claim');
    expect(await open().get('a')).toBe(1);
    expect(await open().getOrSet('a', next, options)).toBe(2);
  });

  test('stores no undefined', async () => {
    expect(await open().getOrSet('a', () => undefined, options)).toBeUndefined();
    expect(memory.rows(tableName)).toEqual([]);
  });

  test('never revives what has expired: the claim drops it', async () => {
    await open().set('a', 'old', { ttlSeconds: 1 });
    await clock.advance(1_000);
    const { compute, end } = slow();
    const call = open().getOrSet('a', compute, options);
    await clock.advance(0);
    expect(await open().get('a')).toBeUndefined();
    expect(await open().has('a')).toBe(false);
    expect(JSON.stringify(row())).not.toContain('old');
    end(1);
    await call;
  });

  test('stores over what has expired, however its version is called', async () => {
    await open('etag').set('a', 'old', { ttlSeconds: 1 });
    await clock.advance(1_000);
    expect(await open('etag').getOrSet('a', next, options)).toBe(1);
    expect(await open('etag').getOrSet('a', next, options)).toBe(1);
  });

  test('recognises its claim and its store when the responses are lost', async () => {
    after = async (operation, input) => {
      if (operation === 'UpdateItem')
        await memory.call('UpdateItem', input as DynamoInput<'UpdateItem'>);
    };
    expect(await open().getOrSet('a', next, options)).toBe(1);
    after = undefined;
    expect(await open().get('a')).toBe(1);
    expect(computed).toBe(1);
  });

  test('tells the computation when its lease ends, and its caller when the signal aborts', async () => {
    let seen: AbortSignal | undefined;
    const never = ({ signal }: { signal: AbortSignal }): Promise<never> => {
      seen = signal;
      return new Promise(() => undefined);
    };
    const stop = new AbortController();
    const call = open().getOrSet('a', never, { ...options, signal: stop.signal });
    await clock.advance(9_999);
    expect(seen?.aborted).toBe(false);
    await clock.advance(1);
    expect(seen?.reason).toMatchObject({ name: 'TimeoutError' });
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(memory.rows(tableName)).toEqual([]);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('counts the lease from before the claim was sent', async () => {
    let seen: AbortSignal | undefined;
    const { compute, end } = slow();
    after = async (operation) => {
      after = undefined;
      if (operation === 'GetItem') after = () => clock.sleep(4_000);
    };
    const call = open().getOrSet('a', ({ signal }) => ((seen = signal), compute()), options);
    await clock.advance(4_000);
    after = undefined;
    await clock.advance(5_999);
    expect(seen?.aborted).toBe(false);
    await clock.advance(1);
    expect(seen?.aborted).toBe(true);
    end('late');
    expect(await call).toBe('late');
  });

  test('does not compute with a claim whose answer came after its lease', async () => {
    after = async (operation) => {
      if (operation === 'UpdateItem') after = () => clock.sleep(0);
      if (operation === 'UpdateItem') await clock.sleep(10_000);
    };
    const signals: AbortSignal[] = [];
    const call = open().getOrSet('a', ({ signal }) => (signals.push(signal), next()), options);
    await clock.advance(10_000);
    await clock.advance(1_000);
    expect(await call).toBe(1);
    expect(signals).toHaveLength(1);
    expect(sent.filter((operation) => operation === 'UpdateItem').length).toBeGreaterThan(2);
  });

  test('takes what another method stored as fresh until it expires', async () => {
    await open().set('a', 'set');
    expect(await open().getOrSet('a', next, options)).toBe('set');
  });

  test('refuses a row that holds another thing, or is another namespace’s', async () => {
    await memory.call('PutItem', { TableName: tableName, Item: { key: S('a'), count: N(1) } });
    await expect(open().getOrSet('a', next, options)).rejects.toMatchObject({
      code: 'KeyCollision',
    });
    const other = { key: S('a'), ns: S('b'), data: S('1') };
    await memory.call('PutItem', { TableName: tableName, Item: other });
    await expect(open().getOrSet('a', next, options)).rejects.toMatchObject({
      code: 'KeyCollision',
    });
    expect(computed).toBe(0);
  });

  test.each([-60_000, 60_000])(
    'refuses another namespace’s row that somebody computes, whose claim ends in %i ms',
    async (inMs) => {
      const claim = { claim: S('id'), claimEnds: N(startMs + inMs) };
      const expiresAt = N(startMs / 1000 + 60);
      const Item = { key: S('a'), ns: S('b'), data: S('1'), version: S('v'), expiresAt, ...claim };
      await memory.call('PutItem', { TableName: tableName, Item });
      const call = open().getOrSet('a', next, options);
      await expect(call).rejects.toMatchObject({ code: 'KeyCollision' });
      expect([computed, row()]).toEqual([0, Item]);
    },
  );

  test('gives the value that was stored beside a count before it could be claimed', async () => {
    const shared = { key: S('a'), ns: S('a'), data: S('"there"'), count: N(1) };
    after = async () => {
      after = undefined;
      await memory.call('PutItem', { TableName: tableName, Item: shared });
    };
    expect(await open().getOrSet('a', next, options)).toBe('there');
    expect([computed, row()]).toEqual([0, shared]);
  });

  test.each([
    ['ttlSeconds', { ttlSeconds: 0 }],
    ['ttlSeconds', {}],
    ['staleSeconds', { ttlSeconds: 1, staleSeconds: -1 }],
    ['leaseMs', { ttlSeconds: 1, leaseMs: 0 }],
    ['ttl', { ttl: 1 }],
  ])('refuses a bad %s before anything is sent: %j', async (field, bad) => {
    const call = open().getOrSet('a', next, bad as GetOrSetOptions);
    await expect(call).rejects.toMatchObject({ field });
    expect(sent).toEqual([]);
  });

  test('frees the claim where the value cannot be stored', async () => {
    await expect(open().getOrSet('a', () => 5n, options)).rejects.toThrow();
    expect(memory.rows(tableName)).toEqual([]);
  });
});

test('ends where a row of others refuses each claim', async () => {
  await memory.call('PutItem', {
    TableName: tableName,
    Item: { key: S('a'), expiresAt: S('soon') },
  });
  const answer = open().getOrSet('a', next, options);
  const ended = expect(answer).rejects.toMatchObject({ code: 'Conflict', key: 'a' });
  for (let second = 0; second < 200; second++) await clock.advance(1_000);
  await ended;
  expect(computed).toBe(0);
});
