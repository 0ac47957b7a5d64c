import { describePeers } from '@x/conformance';
import { compressedCodec } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, expect } from 'vitest';

import { keysTable, KeyValueTable, type KeyValueTableOptions } from '../src/index.js';

let clock: ManualClock;
let memory: MemoryDynamo;
let processes: number;
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(keysTable);
  processes = 0;
});

/** The table of another process. */
function open(options: KeyValueTableOptions = {}): KeyValueTable {
  const random = seededRandom(++processes);
  return new KeyValueTable({
    dynamo: memory,
    tableName: 'keys',
    namespace: 'n',
    clock,
    random,
    ...options,
  });
}

async function listed(ids: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const id of ids) all.push(id);
  return all.toSorted();
}

/** A computation that the test ends. */
function pending(): {
  compute: () => Promise<string>;
  end: (value: string) => void;
  runs: () => number;
} {
  let runs = 0;
  let end: (value: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  return { compute: () => (runs++, ended), end, runs: () => runs };
}

const fresh = { ttlSeconds: 60 };
const stale = { ttlSeconds: 60, staleSeconds: 300 };

/** A value that is not fresh any more. */
async function age(kv: KeyValueTable): Promise<void> {
  await kv.getOrSet('a', () => 'old', stale);
  await clock.advance(61_000);
}

describePeers('Values', {
  keyv: {
    'get of an absent key': async () => {
      expect(await open().get('a')).toBeUndefined();
    },
    'set(key, value, ttlMs)': async () => {
      const kv = open();
      await kv.set('a', 1, { ttlSeconds: 2 });
      expect(await kv.get('a')).toBe(1);
      await clock.advance(3_000);
      expect(await kv.get('a')).toBeUndefined();
    },
    has: async () => {
      const kv = open();
      await kv.set('a', 0);
      expect([await kv.has('a'), await kv.has('b')]).toEqual([true, false]);
    },
    'delete answers whether it was': async () => {
      const kv = open();
      await kv.set('a', 1);
      await kv.set('b', 1, { ttlSeconds: 2 });
      await clock.advance(3_000);
      const answers = [await kv.delete('a'), await kv.delete('a'), await kv.delete('b')];
      expect(answers).toEqual([true, false, false]);
    },
    getMany: async () => {
      const kv = open();
      await kv.set('a', 1);
      expect(await kv.getMany(['b', 'a', 'b'])).toEqual([undefined, 1, undefined]);
    },
    'setMany([{ key, value, ttl }])': async () => {
      const kv = open();
      await kv.setMany(
        [
          ['a', 1, { ttlSeconds: 2 }],
          ['b', 2],
          ['c', 3],
        ],
        { ttlSeconds: 60 },
      );
      await clock.advance(3_000);
      expect(await kv.getMany(['a', 'b', 'c'])).toEqual([undefined, 2, 3]);
    },
    deleteMany: async () => {
      const kv = open();
      await kv.set('a', 1);
      expect(await kv.deleteMany(['a', 'b'])).toBeUndefined();
      expect(await kv.has('a')).toBe(false);
    },
    'clear of a namespace': async () => {
      const [kv, inner] = [open(), open({ namespace: 'n.x' })];
      await kv.setMany([
        ['a', 1],
        ['b', 2, { ttlSeconds: 1 }],
      ]);
      await inner.set('c', 3);
      await clock.advance(2_000);
      expect(await kv.clear()).toMatchObject({ deleted: 2 });
      expect(await inner.get('c')).toBe(3);
    },
    iterator: async () => {
      const kv = open();
      await kv.setMany([
        ['a', 1],
        ['b', 2],
      ]);
      expect(await listed(kv.streamAll(10))).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
      expect(await listed(kv.ids())).toEqual(['a', 'b']);
    },
    'serialize, deserialize': async () => {
      const kv = open({ codec: compressedCodec() });
      await kv.set('a', 'x'.repeat(9_000));
      expect(JSON.stringify(memory.rows('keys')).length).toBeLessThan(2_000);
      expect(await kv.get('a')).toBe('x'.repeat(9_000));
    },
    "on('error') and an absent value": async () => {
      const dynamo = { call: () => Promise.reject(new Error('down')) };
      await expect(open({ dynamo }).get('a')).rejects.toThrow('down');
    },
  },

  'Deno KV': {
    'get with a versionstamp': async () => {
      const kv = open();
      await kv.set('a', 1);
      expect(await kv.getEntry('a')).toMatchObject({ value: 1, version: expect.any(String) });
      expect(await kv.getEntry('b')).toBeUndefined();
    },
    'check({ versionstamp: null }), set': async () => {
      const kv = open();
      const answers = [await kv.setIfNotExists('a', 1), await kv.setIfNotExists('a', 2)];
      expect([answers, await kv.get('a')]).toEqual([[true, false], 1]);
    },
    'check({ versionstamp }), set': async () => {
      const kv = open();
      await kv.set('a', 1);
      const { version = '' } = (await kv.getEntry('a')) ?? {};
      const next = await kv.setIfVersion('a', 2, version);
      expect([next, await kv.setIfVersion('a', 3, version)]).toEqual([
        expect.any(String),
        undefined,
      ]);
      expect(await kv.getEntry('a')).toMatchObject({ value: 2, version: next });
    },
    expireIn: async () => {
      const kv = open();
      await kv.set('a', 1, { ttlSeconds: 2 });
      await clock.advance(3_000);
      expect([await kv.get('a'), memory.rows('keys').length]).toEqual([undefined, 1]);
      expect(await kv.setIfNotExists('a', 2)).toBe(true);
    },
    'list({ prefix })': async () => {
      const kv = open();
      await kv.setMany([
        ['user-1', 1],
        ['user-2', 2],
        ['order-1', 3],
      ]);
      expect(await listed(kv.ids({ prefix: 'user-' }))).toEqual(['user-1', 'user-2']);
    },
  },

  'cache-manager': {
    'wrap(key, fn, ttl)': async () => {
      let runs = 0;
      const calls = Array.from({ length: 5 }, () => open().getOrSet('a', () => `${++runs}`, fresh));
      const answers = await clock.drive(Promise.all(calls));
      expect([answers, runs]).toEqual([['1', '1', '1', '1', '1'], 1]);
      await clock.advance(61_000);
      expect(await open().getOrSet('a', () => `${++runs}`, fresh)).toBe('2');
    },
    refreshThreshold: async () => {
      await age(open());
      const { compute, end } = pending();
      const first = open().getOrSet('a', compute, stale);
      await clock.advance(1);
      expect(await open().getOrSet('a', () => 'never', stale)).toBe('old');
      end('new');
      expect([await first, await open().get('a')]).toEqual(['new', 'new']);
    },
    'fn rejects': async () => {
      const failing = open().getOrSet('a', () => Promise.reject(new Error('no')), fresh);
      await expect(failing).rejects.toThrow('no');
      expect(await open().has('a')).toBe(false);
      expect(await open().getOrSet('a', () => 'next', fresh)).toBe('next');
    },
  },

  bentocache: {
    'getOrSet({ key, factory, ttl })': async () => {
      const { compute, end, runs } = pending();
      const calls = Array.from({ length: 3 }, () => open().getOrSet('a', compute, fresh));
      await clock.advance(500);
      end('value');
      const answers = await clock.drive(Promise.all(calls));
      expect([answers, runs()]).toEqual([['value', 'value', 'value'], 1]);
    },
    grace: async () => {
      await age(open());
      const failing = open().getOrSet('a', () => Promise.reject(new Error('no')), stale);
      await expect(failing).rejects.toThrow('no');
      expect(await open().get('a')).toBe('old');
      expect(await open().getOrSet('a', () => 'new', stale)).toBe('new');
    },
    'timeout: stale meanwhile': async () => {
      await age(open());
      const { compute, end } = pending();
      const slow = open().getOrSet('a', compute, stale);
      await clock.advance(1);
      const beforeMs = clock.now();
      expect(await open().getOrSet('a', compute, stale)).toBe('old');
      expect(clock.now()).toBe(beforeMs);
      end('new');
      expect(await slow).toBe('new');
    },
    'ctx.skip()': async () => {
      expect(await open().getOrSet('a', () => undefined, fresh)).toBeUndefined();
      expect(await open().has('a')).toBe(false);
    },
    lockTimeout: async () => {
      const dead = pending();
      let aborted: AbortSignal | undefined;
      const stuck = open().getOrSet(
        'a',
        (context) => ((aborted = context.signal), dead.compute()),
        {
          ...fresh,
          leaseMs: 2_000,
        },
      );
      await clock.advance(1);
      const next = open().getOrSet('a', () => 'next', fresh);
      expect(await clock.drive(next)).toBe('next');
      expect(aborted?.aborted).toBe(true);
      dead.end('late');
      expect([await stuck, await open().get('a')]).toEqual(['late', 'next']);
    },
    forceFresh: async () => {
      await open().getOrSet('a', () => 'old', fresh);
      await open().set('a', 'forced', fresh);
      expect(await open().getOrSet('a', () => 'never', fresh)).toBe('forced');
    },
  },
});
