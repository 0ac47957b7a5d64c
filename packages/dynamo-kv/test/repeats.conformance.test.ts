import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import type { DynamoInput, Item } from '@x/dynamo-core';
import { isConditionalCheckFailed, valuesRemembered } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, describe, expect, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);
const consistent = { consistent: true };

interface Opened {
  readonly kv: KeyValueTable;
  readonly clock: ManualClock;
  readonly sent: RecordedTransport;
  /** Lets a copy of the last write that was sent arrive when called; whether it is applied. */
  copyOfLast(): () => Promise<boolean>;
  putRow(attributes: Item): Promise<void>;
  row(): Promise<Item | undefined>;
}

describeOnEngines('a late copy of a write of a value', (engine) => {
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  function open(): Opened {
    const namespace = crypto.randomUUID();
    const key = { key: { S: `${namespace}.a` } };
    const clock = new ManualClock({ nowMs: startMs });
    const sent = recorded(engine.client());
    return {
      kv: new KeyValueTable({ dynamo: sent, tableName, clock, namespace }),
      clock,
      sent,
      copyOfLast: () => {
        const { input } = sent.requests.at(-1) as { input: unknown };
        return async () => {
          try {
            await sent.call('UpdateItem', input as DynamoInput<'UpdateItem'>);
            return true;
          } catch (error) {
            if (isConditionalCheckFailed(error)) return false;
            throw error;
          }
        };
      },
      putRow: (attributes) => engine.putRow(tableName, { ...key, ...attributes }),
      row: () => engine.row(tableName, key),
    };
  }

  const writes: [string, (opened: Opened) => Promise<unknown>][] = [
    ['set()', ({ kv }) => kv.set('a', 1)],
    ['set() with an expiry', ({ kv }) => kv.set('a', 1, { ttlSeconds: 60 })],
    ['setIfNotExists()', ({ kv }) => kv.setIfNotExists('a', 1)],
    [
      'setIfNotExists() over an expired value',
      async ({ kv, clock }) => {
        await kv.set('a', 0, { ttlSeconds: 1 });
        clock.jumpWall(2_000);
        await kv.setIfNotExists('a', 1);
      },
    ],
    [
      'set() over an expired count',
      async ({ kv, putRow }) => {
        await putRow({ count: { N: '5' }, expiresAt: { N: '1' } });
        await kv.set('a', 1);
      },
    ],
    ['update()', ({ kv }) => kv.update<number>('a', (n = 0) => n + 1)],
    [
      'setIfVersion()',
      async ({ kv }) => {
        await kv.set('a', 0);
        const { version = '' } = (await kv.getEntry('a', consistent)) ?? {};
        expect(await kv.setIfVersion('a', 1, version)).toBeDefined();
      },
    ],
  ];

  test.each(writes)('%s overwrites nothing behind seven sets', async (_, write) => {
    const opened = open();
    await write(opened);
    const copy = opened.copyOfLast();
    for (let other = 1; other < valuesRemembered; other++) {
      await opened.kv.set('a', `other ${other}`);
      expect(await copy()).toBe(false);
    }
    expect(await opened.kv.get('a', consistent)).toBe('other 7');
  });

  test('set() is a new write behind eight others, a delete or a batch, as is stated', async () => {
    const behind: ((kv: KeyValueTable) => Promise<unknown>)[] = [
      async (kv) => {
        for (let other = 0; other < valuesRemembered; other++) await kv.set('a', other);
      },
      (kv) => kv.delete('a'),
      (kv) => kv.setBatch([['a', 2]]),
    ];
    for (const forget of behind) {
      const { kv, copyOfLast } = open();
      await kv.set('a', 'again');
      const copy = copyOfLast();
      await forget(kv);
      expect(await copy()).toBe(true);
      expect(await kv.get('a', consistent)).toBe('again');
    }
  });

  test('setIfVersion() and update() stay refused behind a delete', async () => {
    const { kv, copyOfLast } = open();
    await kv.set('a', 1);
    await kv.update<number>('a', (n = 0) => n + 1);
    const copy = copyOfLast();
    await kv.delete('a');
    expect(await copy()).toBe(false);
    expect(await kv.get('a', consistent)).toBeUndefined();
  });

  describe('in a row with a count', () => {
    test('a value and a count share a row without an expiry, and each keeps its part', async () => {
      const { kv, putRow, row } = open();
      await putRow({ count: { N: '5' }, c0: { S: 'x' } });
      await kv.set('a', 1);
      expect(await row()).toMatchObject({ count: { N: '5' }, data: { S: '1' } });
      await kv.delete('a');
      expect(await row()).toMatchObject({ count: { N: '5' }, c0: { S: 'x' } });
      expect(Object.keys((await row()) ?? {}).toSorted()).toEqual(['c0', 'count', 'key', 'ns']);
    });

    test.each([
      ['a count gets no expiry of a value', { count: { N: '5' } }, { ttlSeconds: 60 }],
      [
        'a count that expires gets no value',
        { count: { N: '5' }, expiresAt: { N: '9999999999' } },
        {},
      ],
      ['nor do attempts', { r0: { S: '' }, expiresAt: { N: '9999999999' } }, {}],
      ['nor does a claim', { lease: { S: '' }, expiresAt: { N: '9999999999' } }, {}],
    ])('%s', async (_, attributes: Item, options) => {
      const { kv, putRow, row, sent } = open();
      await putRow(attributes);
      const before = await row();
      sent.clear();
      const refused = { name: 'KeyCollisionError', key: 'a' };
      await expect(kv.set('a', 1, options)).rejects.toMatchObject(refused);
      await expect(kv.setIfNotExists('a', 1, options)).rejects.toMatchObject(refused);
      await expect(kv.update('a', () => 1, options)).rejects.toMatchObject(refused);
      await kv.delete('a');
      expect(await row()).toEqual(before);
    });

    test('set() takes the place of what has expired, of any kind and namespace', async () => {
      const { kv, putRow, row } = open();
      await putRow({
        count: { N: '5' },
        ns: { S: 'other' },
        c0: { S: 'x' },
        expiresAt: { N: '1' },
      });
      await kv.set('a', 1);
      expect(await row()).toMatchObject({ data: { S: '1' }, c0: { S: 'x' } });
      expect(await row()).not.toHaveProperty('count');
      expect(await row()).not.toHaveProperty('expiresAt');
      expect(await kv.get('a', consistent)).toBe(1);
    });
  });
});
