import { describeOnEngines } from '@x/conformance';
import type { DynamoTransport } from '@x/dynamo-core';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  partitionedKeysTable,
  PartitionedKeyValueTable,
  type PartitionedKeyValueTableOptions,
} from '../src/index.js';
import { openTable, startMs, type OpenTable } from './open-table.js';

const consistent = { consistent: true };

describeOnEngines('sets of PartitionedKeyValueTable', (engine) => {
  let tableName: string;
  const open = (options?: PartitionedKeyValueTableOptions): OpenTable =>
    openTable(engine, tableName, options);

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  describe('addToSet()', () => {
    test('adds one or many, and says whether any was new', async () => {
      const { table, key, operations, sent } = open();
      const tags = key<string[]>('tags');
      expect(await table.addToSet(tags, ['js', 'ts'])).toBe(true);
      expect(await table.addToSet(tags, 'py')).toBe(true);
      expect(await table.addToSet(tags, ['ts', 'go'])).toBe(true);
      const two = ['GetItem', 'UpdateItem'];
      expect(operations()).toEqual([...two, ...two, ...two]);
      expect(sent.requests.map(({ units }) => units).filter((units) => units === 1)).toHaveLength(
        6,
      );
      sent.clear();
      expect(await table.addToSet(tags, ['js', 'py'])).toBe(false);
      expect(operations()).toEqual(['GetItem']);
      expect(await table.get(tags, consistent)).toEqual(['js', 'ts', 'py', 'go']);
    });

    test('adds an element that is given twice once', async () => {
      const { table, key } = open();
      await table.addToSet(key<string[]>('a'), ['a', 'a']);
      expect(await table.get(key('a'), consistent)).toEqual(['a']);
    });

    test('compares by content, of what is stored', async () => {
      const { table, key } = open();
      const people = key<{ name: string; age?: number | undefined }[]>('a');
      expect(await table.addToSet(people, { name: 'Ada', age: undefined })).toBe(true);
      expect(await table.addToSet(people, { name: 'Ada', age: undefined })).toBe(false);
      expect(await table.addToSet(people, { name: 'Ada', age: 36 })).toBe(true);
      expect(await table.get(people, consistent)).toEqual([
        { name: 'Ada' },
        { name: 'Ada', age: 36 },
      ]);
    });

    test('keeps elements that are arrays', async () => {
      const { table, key } = open();
      const pairs = key<[number, number][]>('a');
      await table.addToSet(pairs, [[1, 2]]);
      await table.addToSet(pairs, [
        [1, 2],
        [3, 4],
      ]);
      await table.updateInSet(pairs, [5, 6], ([first]) => first === 1);
      expect(await table.existsInSet(pairs, [5, 6], undefined, consistent)).toBe(true);
      expect(await table.get(pairs, consistent)).toEqual([
        [3, 4],
        [5, 6],
      ]);
    });

    test.each([[0], [''], [false], [null]])('keeps %j as it is', async (element) => {
      const { table, key } = open();
      const set = key<(number | string | boolean | null)[]>('a');
      expect(await table.addToSet(set, element)).toBe(true);
      expect(await table.addToSet(set, element)).toBe(false);
      expect(await table.existsInSet(set, element, undefined, consistent)).toBe(true);
      expect(await table.get(set, consistent)).toEqual([element]);
    });

    test('takes an expiry, and keeps the one that there is', async () => {
      const { table, key } = open();
      const set = key<number[]>('a');
      await table.addToSet(set, 1, undefined, { ttlSeconds: 60 });
      await table.addToSet(set, 2);
      expect((await table.getEntry(set, consistent))?.expiresAtMs).toBe(startMs + 60_000);
    });

    test('refuses a set that would pass 400 KB, with its size', async () => {
      const { table, key, operations, sent } = open();
      const set = key<string[]>('a');
      await table.set(set, ['x'.repeat(300_000)]);
      sent.clear();
      await expect(table.addToSet(set, 'y'.repeat(120_000))).rejects.toMatchObject({
        name: 'ItemTooLargeError',
        limit: 409_600,
        bytes: expect.toSatisfy((bytes: number) => bytes > 420_000 && bytes < 421_000) as number,
      });
      expect(operations()).toEqual(['GetItem']);
    });

    test('refuses a value that is no set', async () => {
      const { table, key } = open();
      await table.set(key('a'), { no: 'set' });
      await expect(table.addToSet(key<number[]>('a'), 1)).rejects.toMatchObject({
        name: 'UnreadableRowError',
      });
      expect(await table.get(key('a'), consistent)).toEqual({ no: 'set' });
    });

    test('leaves a counter of the same key', async () => {
      const { table, key, partition, row } = open();
      await engine.putRow(tableName, {
        partitionKey: { S: partition },
        sortKey: { S: 'n.a' },
        count: { N: '5' },
      });
      await table.addToSet(key<number[]>('a'), 1);
      expect(await row('a')).toMatchObject({ count: { N: '5' }, data: { S: '[1]' } });
    });
  });

  describe('removeFromSet()', () => {
    test('removes what is there, and writes nothing for what is not', async () => {
      const { table, key, operations, sent } = open();
      const set = key<string[]>('a');
      await table.addToSet(set, ['a', 'b', 'c', 'd']);
      expect(await table.removeFromSet(set, 'a')).toBe(true);
      expect(await table.removeFromSet(set, ['b', 'x'])).toBe(true);
      sent.clear();
      expect(await table.removeFromSet(set, 'a')).toBe(false);
      expect(await table.removeFromSet(key<string[]>('none'), 'a')).toBe(false);
      expect(operations()).toEqual(['GetItem', 'GetItem']);
      expect(await table.get(set, consistent)).toEqual(['c', 'd']);
    });

    test('leaves an empty set behind the last element', async () => {
      const { table, key } = open();
      await table.addToSet(key<number[]>('a'), 1);
      await table.removeFromSet(key<number[]>('a'), 1);
      expect(await table.get(key('a'), consistent)).toEqual([]);
      expect(await table.exists(key('a'), consistent)).toBe(true);
    });

    test('removeFromSetByKey() removes by a predicate', async () => {
      const { table, key, operations, sent } = open();
      const set = key<{ id: number }[]>('a');
      await table.addToSet(set, [{ id: 1 }, { id: 2 }, { id: 3 }]);
      expect(await table.removeFromSetByKey(set, ({ id }) => id !== 2)).toBe(true);
      sent.clear();
      expect(await table.removeFromSetByKey(set, ({ id }) => id === 9)).toBe(false);
      expect(operations()).toEqual(['GetItem']);
      expect(await table.get(set, consistent)).toEqual([{ id: 2 }]);
    });
  });

  describe('updateInSet()', () => {
    test('is false without a set, and stores nothing', async () => {
      const { table, key, operations } = open();
      expect(await table.updateInSet(key<string[]>('a'), 'x')).toBe(false);
      expect(operations()).toEqual(['GetItem']);
      expect(await table.exists(key('a'), consistent)).toBe(false);
    });

    test('replaces by a predicate, at the end', async () => {
      const { table, key } = open();
      const tags = key<string[]>('a');
      await table.addToSet(tags, ['a', 'typescript', 'b']);
      expect(await table.updateInSet(tags, 'ts-pro', (tag) => tag === 'typescript')).toBe(true);
      expect(await table.get(tags, consistent)).toEqual(['a', 'b', 'ts-pro']);
    });

    test('that is called again holds the element once', async () => {
      const { table, key } = open();
      const tags = key<string[]>('a');
      await table.addToSet(tags, ['typescript', 'b']);
      for (let call = 0; call < 2; call++) {
        expect(await table.updateInSet(tags, 'ts-pro', (tag) => tag === 'typescript')).toBe(true);
        expect(await table.get(tags, consistent)).toEqual(['b', 'ts-pro']);
      }
    });

    test('without a predicate moves an equal element to the end, or adds it', async () => {
      const { table, key, operations, sent } = open();
      const set = key<{ id: number }[]>('a');
      await table.set(set, [{ id: 1 }, { id: 2 }]);
      expect(await table.updateInSet(set, { id: 1 })).toBe(true);
      expect(await table.updateInSet(set, { id: 3 })).toBe(true);
      expect(await table.get(set, consistent)).toEqual([{ id: 2 }, { id: 1 }, { id: 3 }]);
      sent.clear();
      expect(await table.updateInSet(set, { id: 3 })).toBe(true);
      expect(operations()).toEqual(['GetItem']);
    });
  });

  describe('a custom equality', () => {
    interface Item {
      readonly id: number;
      readonly side: 'stored' | 'asked';
    }

    test('is always called with the existing element first', async () => {
      const { table, key } = open();
      const set = key<Item[]>('a');
      await table.set(set, [{ id: 1, side: 'stored' }]);
      const sides: string[] = [];
      const byId = (existing: Item, candidate: Item): boolean => {
        sides.push(`${existing.side} ${candidate.side}`);
        return existing.id === candidate.id;
      };
      const asked: Item = { id: 1, side: 'asked' };
      expect(await table.existsInSet(set, asked, byId, consistent)).toBe(true);
      expect(await table.addToSet(set, asked, byId)).toBe(false);
      expect(await table.removeFromSet(set, asked, byId)).toBe(true);
      expect(sides).toEqual(Array.from({ length: 3 }, () => 'stored asked'));
    });
  });

  test('a predicate or an equality that answers with a promise changes nothing', async () => {
    const opened = open();
    const { table } = opened;
    const key = opened.key<readonly number[]>('promises');
    await table.set(key, [1, 2]);
    const later = (() => Promise.resolve(false)) as never;
    for (const call of [
      () => table.addToSet(key, 3, later),
      () => table.removeFromSet(key, 3, later),
      () => table.removeFromSetByKey(key, later),
      () => table.updateInSet(key, 3, later),
      () => table.existsInSet(key, 3, later),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'InvalidInputError' });
    }
    expect(await table.get(key, { consistent: true })).toEqual([1, 2]);
  });

  test('existsInSet() takes one read', async () => {
    const { table, key, sent } = open();
    await table.addToSet(key<number[]>('a'), [1, 2]);
    sent.clear();
    expect(await table.existsInSet(key<number[]>('a'), 2, undefined, consistent)).toBe(true);
    expect(await table.existsInSet(key<number[]>('a'), 3)).toBe(false);
    expect(await table.existsInSet(key<number[]>('none'), 3)).toBe(false);
    expect(sent.requests.map(({ operation, units }) => [operation, units])).toEqual([
      ['GetItem', 1],
      ['GetItem', 0.5],
      ['GetItem', 0.5],
    ]);
  });

  describe('between the read and the write of a set operation', () => {
    /** A table before whose next UpdateItem something else happens. */
    function openLate(): OpenTable & { meanwhile: (action: () => Promise<unknown>) => void } {
      const plain = open();
      let action: (() => Promise<unknown>) | undefined;
      const dynamo: DynamoTransport = {
        call: async (operation, input, options) => {
          const now = operation === 'UpdateItem' ? action : undefined;
          if (now !== undefined) action = undefined;
          await now?.();
          return plain.sent.call(operation, input, options);
        },
      };
      const { partition } = plain;
      const meanwhile = (next: () => Promise<unknown>): void => {
        action = next;
      };
      const late = openTable(engine, tableName, { dynamo, partition });
      return { ...plain, table: late.table, clock: late.clock, meanwhile };
    }

    test('a plain set is not overwritten', async () => {
      const { table, key, meanwhile } = openLate();
      const set = key<string[]>('a');
      const { table: other } = open();
      await other.set(set, ['old']);
      meanwhile(() => other.set(set, ['new']));
      expect(await table.addToSet(set, 'x')).toBe(true);
      expect(await table.get(set, consistent)).toEqual(['new', 'x']);
    });

    test('a deleted set does not come back', async () => {
      const { table, key, meanwhile } = openLate();
      const set = key<string[]>('a');
      const { table: other } = open();
      await other.set(set, ['old', 'x']);
      meanwhile(() => other.delete(set));
      expect(await table.addToSet(set, 'y')).toBe(true);
      expect(await table.get(set, consistent)).toEqual(['y']);
      meanwhile(() => other.delete(set));
      expect(await table.removeFromSet(set, 'y')).toBe(false);
      expect(await table.exists(set, consistent)).toBe(false);
      await other.set(set, ['old']);
      meanwhile(() => other.delete(set));
      expect(await table.updateInSet(set, 'y')).toBe(false);
      expect(await table.exists(set, consistent)).toBe(false);
    });

    test('changes in each of attemptsMax attempts are a ConflictError', async () => {
      const { table, key, meanwhile, clock, sent, row } = openLate();
      const set = key<number[]>('a');
      const { table: other } = open();
      let changes = 0;
      const changeAgain = async (): Promise<void> => {
        await other.addToSet(set, ++changes);
        if (changes < 3) meanwhile(changeAgain);
      };
      meanwhile(changeAgain);
      const adding = table.addToSet(set, -1, undefined, { attemptsMax: 3 });
      const busy = (): boolean => sent.inFlight > 0;
      await expect(clock.drive(adding, { busy })).rejects.toMatchObject({
        name: 'ConflictError',
        key: set,
        attempts: 3,
      });
      expect((await row('a'))?.['data']).toEqual({ S: '[1,2,3]' });
    });

    test('an element that is added elsewhere is found, not added again', async () => {
      const { table, key, meanwhile } = openLate();
      const set = key<string[]>('a');
      const { table: other } = open();
      await other.addToSet(set, 'a');
      meanwhile(() => other.addToSet(set, 'x'));
      expect(await table.addToSet(set, 'x')).toBe(false);
      expect(await table.get(set, consistent)).toEqual(['a', 'x']);
    });
  });

  test('addToSet() by 50 clients at once keeps every element, within seconds', async () => {
    // Other tests have the machine, too: the best round says what the protocol takes.
    const rounds: number[] = [];
    while (rounds.length < 8 && !rounds.some((ms) => ms < 8_000)) {
      const { key } = open();
      const set = key<number[]>(`round-${rounds.length}`);
      const dynamo = engine.client();
      const clients = Array.from(
        { length: 50 },
        () => new PartitionedKeyValueTable({ dynamo, tableName }),
      );
      await clients[0]?.get(set);
      const start = performance.now();
      const added = await Promise.all(clients.map((client, i) => client.addToSet(set, i)));
      rounds.push(performance.now() - start);
      expect(added).toEqual(clients.map(() => true));
      const elements = (await clients[0]!.get(set, consistent)) ?? [];
      expect([...elements].sort((a, b) => a - b)).toEqual(clients.map((_, i) => i));
    }
    expect(Math.min(...rounds)).toBeLessThan(8_000);
  }, 60_000);
});
