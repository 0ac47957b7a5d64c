import {
  BatchGetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { beforeAll, describe, expect, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

describeOnEngines('KeyValueTable beside the original', (engine) => {
  let tableName: string;
  let kv: KeyValueTable;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
    kv = new KeyValueTable({ dynamo: engine.client(), tableName, namespace: 'events' });
  });

  /** What the original's `set` sends. */
  async function originalSet(key: string, data: unknown): Promise<void> {
    const item = { key: { S: key }, data: { S: JSON.stringify(data) } };
    await engine.client().send(new PutItemCommand({ TableName: tableName, Item: item }));
  }

  /** What the original's `get` sends, and how it reads the answer. */
  async function originalGet(key: string): Promise<unknown> {
    const request = { RequestItems: { [tableName]: { Keys: [{ key: { S: key } }] } } };
    const output = await engine.client().send(new BatchGetItemCommand(request));
    const data = output.Responses?.[tableName]?.[0]?.['data']?.S;
    return data === undefined ? undefined : JSON.parse(data);
  }

  /** What the original's counter sends for an increment. */
  async function originalIncrement(key: string, by: number): Promise<void> {
    await engine.client().send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { key: { S: key } },
        UpdateExpression: 'add #count :value',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':value': { N: String(by) } },
      }),
    );
  }

  const consistent = { consistent: true };

  test.each([
    ['a version that is a number', 'version', { N: '5' }],
    ['an expiry that is a text', 'expiresAt', { S: '1999-12-31' }],
    ['an expiry that is nothing', 'expiresAt', { NULL: true }],
  ] as const)('reads and changes a row of another program, with %s', async (_, name, attribute) => {
    const id = `foreign-${name}-${Object.keys(attribute)[0]}`;
    const row = { key: { S: `events.${id}` }, data: { S: '1' }, [name]: attribute };
    await engine.putRow(tableName, row);
    expect([await kv.get(id, consistent), await kv.has(id, consistent)]).toEqual([1, true]);
    expect((await kv.listAll({ keyContains: id, consistent: true })).items).toEqual([[id, 1]]);
    expect(await kv.setIfNotExists(id, 0)).toBe(false);
    expect(await kv.update(id, (value) => Number(value) + 1)).toBe(2);
    await engine.putRow(tableName, row);
    const { version = '' } = (await kv.getEntry(id, consistent)) ?? {};
    expect(await kv.setIfVersion(id, 3, version)).toMatch(/^id:/);
    expect(await kv.setIfVersion(id, 4, version)).toBeUndefined();
  });

  describe('reads what the original wrote', () => {
    test('with every read', async () => {
      await originalSet('events.read', { a: [1, null] });
      expect(await kv.get('read', consistent)).toEqual({ a: [1, null] });
      expect(await kv.has('read', consistent)).toBe(true);
      expect(await kv.getBatch(['read'], consistent)).toEqual([{ a: [1, null] }]);
      expect(await kv.getEntry('read', consistent)).toEqual({
        value: { a: [1, null] },
        version: expect.stringMatching(/^data:[\w-]{43}$/) as string,
        expiresAtMs: undefined,
      });
    });

    test('and lists it in its namespace, with ids that get() accepts', async () => {
      await originalSet('listed.one', 1);
      await originalSet('listed-too.two', 2);
      const listed = new KeyValueTable({
        dynamo: engine.client(),
        tableName,
        namespace: 'listed',
      });
      expect((await listed.listAll(consistent)).items).toEqual([['one', 1]]);
    });

    test('and does not take a bare counter for a value', async () => {
      await originalIncrement('events.count-only', 3);
      expect(await kv.get('count-only', consistent)).toBeUndefined();
      expect(await kv.has('count-only', consistent)).toBe(false);
    });
  });

  describe('changes what the original wrote', () => {
    test('setIfNotExists() leaves it', async () => {
      await originalSet('events.kept', 'old');
      expect(await kv.setIfNotExists('kept', 'new')).toBe(false);
    });

    test('setIfVersion() takes the version of a row that has none', async () => {
      await originalSet('events.versioned', 'old');
      const { version = '' } = (await kv.getEntry('versioned', consistent)) ?? {};
      await originalSet('events.versioned', 'changed meanwhile');
      expect(await kv.setIfVersion('versioned', 'new', version)).toBeUndefined();
      const again = await kv.getEntry('versioned', consistent);
      expect(await kv.setIfVersion('versioned', 'new', again?.version ?? '')).toBeDefined();
      expect(await originalGet('events.versioned')).toBe('new');
    });

    test('update() notices a plain set of the original in between', async () => {
      await originalSet('events.updated', ['a']);
      let calls = 0;
      await kv.update('updated', async (list) => {
        calls += 1;
        if (calls === 1) await originalSet('events.updated', ['a', 'b']);
        return [...(list as string[]), 'c'];
      });
      expect(await originalGet('events.updated')).toEqual(['a', 'b', 'c']);
    });

    test('set() and delete() leave the counter of the same id', async () => {
      await originalIncrement('events.both', 3);
      await kv.set('both', 'value');
      await originalIncrement('events.both', 4);
      expect(await kv.get('both', consistent)).toBe('value');
      await kv.delete('both');
      expect(await engine.row(tableName, { key: { S: 'events.both' } })).toEqual({
        key: { S: 'events.both' },
        ns: { S: 'events' },
        count: { N: '7' },
      });
    });
  });

  describe('is readable for the original', () => {
    test('whichever method wrote', async () => {
      await kv.set('plain', { a: 1 }, { ttlSeconds: 60 });
      await kv.setIfNotExists('once', true);
      await kv.setBatch([['batch', 'x']]);
      await kv.update('computed', () => 5);
      expect(await originalGet('events.plain')).toEqual({ a: 1 });
      expect(await originalGet('events.once')).toBe(true);
      expect(await originalGet('events.batch')).toBe('x');
      expect(await originalGet('events.computed')).toBe(5);
    });

    test('and can be listed by it', async () => {
      await kv.set('for-the-original', 1);
      const output = await engine.client().send(
        new ScanCommand({
          TableName: tableName,
          FilterExpression: 'contains(#key, :val)',
          ExpressionAttributeNames: { '#key': 'key' },
          ExpressionAttributeValues: { ':val': { S: 'for-the-original' } },
        }),
      );
      expect(output.Items?.map(({ key, data }) => [key?.S, data?.S])).toEqual([
        ['events.for-the-original', '1'],
      ]);
    });

    test('and what it sets over ours is ours to read again', async () => {
      await kv.set('back', 1, { ttlSeconds: 60 });
      await originalSet('events.back', 2);
      expect(await kv.getEntry('back', consistent)).toMatchObject({
        value: 2,
        expiresAtMs: undefined,
      });
    });
  });
});
