import { N, S, type TableDefinition } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { gate, lose, TestSetup, startMs } from '../test/test-setup.js';
import type { NativeTransactItem } from './index.js';

const orders: TableDefinition = { name: 'orders', partitionKey: { name: 'id', type: 'S' } };
let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  setup.memory.createTable(orders, 'orders');
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

const writes: NativeTransactItem[] = [
  { Put: { TableName: 'orders', Item: { id: 'a', n: 1, tags: ['x'], none: undefined } } },
  {
    Update: {
      TableName: 'orders',
      Key: { id: 'b' },
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
    },
  },
  { Delete: { TableName: 'orders', Key: { id: 'c' } } },
  {
    ConditionCheck: {
      TableName: 'orders',
      Key: { id: 'd' },
      ConditionExpression: 'attribute_not_exists(id)',
    },
  },
];
const rows = [
  { id: S('a'), n: N(1), tags: { L: [S('x')] } },
  { id: S('b'), n: N(1) },
];

describe('transact()', () => {
  test('applies native writes with the mark, once: one request each time', async () => {
    const manager = setup.open();
    expect(await manager.transact('ann', 'mail', writes)).toEqual({ didAction: true, at: startMs });
    expect(setup.memory.rows('orders')).toEqual(rows);
    expect(setup.row()).toMatchObject({ data: S(String(startMs)) });
    await setup.clock.advance(5);
    expect(await manager.transact('ann', 'mail', writes)).toEqual({
      didAction: false,
      at: startMs,
    });
    expect(setup.memory.rows('orders')).toEqual(rows);
    expect(setup.sent).toEqual(['TransactWriteItems', 'TransactWriteItems']);
    const acting = manager.doOnce('ann', 'mail', () => Promise.reject(new Error('It acted')));
    expect(await acting).toMatchObject({ didAction: false });
  });

  test('takes writes in wire shape with a marshall that leaves them', async () => {
    const item = { Put: { TableName: 'orders', Item: { id: S('a') } } };
    const answer = setup.open().transact('ann', 'mail', [item], { marshall: (native) => native });
    expect(await answer).toMatchObject({ didAction: true });
    expect(setup.memory.rows('orders')).toEqual([{ id: S('a') }]);
  });

  test('applies and marks nothing when a condition of the writes fails', async () => {
    const condition = 'attribute_exists(id)';
    const [first, , , last] = writes as [NativeTransactItem, unknown, unknown, NativeTransactItem];
    const check = { ...last.ConditionCheck, ConditionExpression: condition } as never;
    const failing = setup.open().transact('ann', 'mail', [first, { ConditionCheck: check }]);
    await expect(failing).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
    });
    expect(setup.memory.rows('orders')).toEqual([]);
    expect(setup.row()).toBeUndefined();
  });

  test('waits for a caller of doOnce(), and takes over from a dead one', async () => {
    const work = gate();
    const first = setup.open().doOnce('ann', 'mail', () => work.opened);
    const second = setup.open().transact('ann', 'mail', writes);
    await setup.clock.advance(1_000);
    work.open();
    expect(await first).toMatchObject({ didAction: true });
    expect(await setup.clock.drive(second)).toEqual({ didAction: false, at: startMs + 1_000 });
    expect(setup.memory.rows('orders')).toEqual([]);
    await setup.open().clearKey('ann', 'mail');
    await setup.die({ leaseMs: 5_000 });
    const third = setup.open().transact('ann', 'mail', writes);
    expect(await setup.clock.drive(third)).toMatchObject({ didAction: true });
  });

  test("throws at once with onInProgress: 'throw'", async () => {
    await setup.die();
    const options = { onInProgress: 'throw' } as const;
    await expect(setup.open().transact('ann', 'mail', writes, options)).rejects.toMatchObject({
      code: 'DoOnceInProgress',
    });
  });

  test('recognises itself long after, when DynamoDB has forgotten the token', async () => {
    setup.after = async (sent) => {
      if (sent.operation !== 'TransactWriteItems') return;
      setup.clock.jumpWall(11 * 60_000);
      await setup.repeat(sent);
    };
    const put: NativeTransactItem[] = [{ Put: { TableName: 'orders', Item: { id: 'a' } } }];
    expect(await setup.open().transact('ann', 'mail', put)).toEqual({
      didAction: true,
      at: startMs,
    });
  });

  test('passes a lost response on; calling again tells that it was done', async () => {
    setup.after = ({ operation }) => operation === 'TransactWriteItems' && lose();
    await expect(setup.open().transact('ann', 'mail', writes)).rejects.toThrow('lost');
    setup.after = undefined;
    expect(await setup.open().transact('ann', 'mail', writes)).toMatchObject({ didAction: false });
    expect(setup.memory.rows('orders')).toEqual(rows);
  });

  test('marks with an expiry and a payload', async () => {
    await setup.open().transact('ann', 'mail', writes, { ttlSeconds: 5, payload: 1 });
    expect(setup.row()).toMatchObject({
      expiresAt: N(startMs / 1000 + 5),
      hash: { S: expect.any(String) as string },
    });
  });
});

describe('transact() refuses, before anything is sent,', () => {
  class Point {
    readonly x = 1;
  }

  test.each<[string, unknown]>([
    ['an instance of a class', new Point()],
    ['a date', new Date(0)],
    ['an empty set', new Set()],
    ['NaN', Number.NaN],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a map', new Map()],
    ['a set of several types', new Set([1, 'a'])],
    ['half of an emoji', '\ud83d'],
  ])('%s', async (_, value) => {
    for (const inner of [value, [value], { deep: [value] }]) {
      const put = { Put: { TableName: 'orders', Item: { id: 'a', value: inner } } };
      const refused = { name: 'InvalidInputError' };
      await expect(setup.open().transact('ann', 'mail', [put])).rejects.toMatchObject(refused);
    }
    const update = {
      Update: { ...writes[1]?.Update, ExpressionAttributeValues: { ':one': value } },
    } as NativeTransactItem;
    await expect(setup.open().transact('ann', 'mail', [update])).rejects.toThrow('items[0].Update');
    expect(setup.sent).toEqual([]);
  });

  test.each([null, {}, { Get: {} }, { Put: {}, Delete: {} }])(
    '%j in place of a write',
    async (item) => {
      const acting = setup.open().transact('ann', 'mail', [item as never]);
      await expect(acting).rejects.toMatchObject({ name: 'InvalidInputError', field: 'items[0]' });
      expect(setup.sent).toEqual([]);
    },
  );

  test('what is no list', async () => {
    const acting = setup.open().transact('ann', 'mail', writes[0] as never);
    await expect(acting).rejects.toMatchObject({ name: 'InvalidInputError', field: 'items' });
  });
});

test.each([
  [undefined, { id: S('a'), tags: { L: [S('x')] } }],
  [(native: Record<string, unknown>) => ({ id: S(String(native['id'])) }), { id: S('a') }],
])('transact() takes its arguments as they are at the call', async (marshall, row) => {
  const Item = { id: 'a', tags: ['x'] };
  const items: NativeTransactItem[] = [{ Put: { TableName: 'orders', Item } }];
  const acting = setup.open().transact('ann', 'mail', items, { marshall });
  Item.id = 'b';
  Item.tags.push('y');
  items.push({ Delete: { TableName: 'orders', Key: { id: 'a' } } });
  expect(await acting).toMatchObject({ didAction: true });
  expect(setup.memory.rows('orders')).toEqual([row]);
});

describe('once()', () => {
  test('makes a function that does once for each key of its arguments', async () => {
    const sent: string[] = [];
    const send = setup.open({ storeResult: true }).once(
      {
        userId: (userId) => userId,
        key: (_userId, invoice) => `invoice-${invoice}`,
        payload: (_userId, _invoice, euros) => euros,
      },
      async (userId: string, invoice: number, euros: number) => {
        sent.push(`${invoice} to ${userId}`);
        return euros;
      },
    );
    expect(await send('ann', 1, 10)).toMatchObject({ didAction: true, actionResponse: 10 });
    expect(await send('ann', 2, 20)).toMatchObject({ didAction: true, actionResponse: 20 });
    expect(await send('ann', 1, 10)).toMatchObject({ didAction: false, actionResponse: 10 });
    await expect(send('ann', 1, 11)).rejects.toMatchObject({ code: 'DoOnceMismatch' });
    expect(sent).toEqual(['1 to ann', '2 to ann']);
  });

  test('keeps `this`', async () => {
    async function send(this: { from: string }, user: string): Promise<string> {
      return `${this.from} to ${user}`;
    }
    const options = { userId: (user: string) => user, key: () => 'mail' };
    const mailer = { from: 'shop', send: setup.open().once(options, send) };
    expect(await mailer.send('ann')).toMatchObject({ actionResponse: 'shop to ann' });
  });

  test('refuses a bad option when the function is made', () => {
    const options = { userId: () => 'ann', key: () => 'mail', leaseMs: 0 };
    expect(() => setup.open().once(options, () => 1)).toThrow(/leaseMs/);
  });
});

describe('what is passed to transact() is read when it is called:', () => {
  test.each([undefined, (row: Record<string, unknown>) => row])('marshall %s', async (marshall) => {
    const bytes = Buffer.from('a');
    const wire = marshall !== undefined;
    const row: Record<string, unknown> = wire
      ? { id: S('x'), b: { B: bytes }, all: { BS: [bytes] } }
      : { id: 'x', b: bytes, all: new Set([bytes]) };
    const names: Record<string, string> = { '#id': 'id' };
    const absent = {
      ConditionExpression: 'attribute_not_exists(#id)',
      ExpressionAttributeNames: names,
    };
    const put = { TableName: 'orders', Item: row, ...absent };
    const doing = setup.open().transact('ann', 'mail', [{ Put: put }], { marshall });
    bytes[0] = 0;
    row['n'] = wire ? N(1) : 1;
    names['#id'] = 'other';
    names['#unused'] = 'n';
    await doing;
    const a = new Uint8Array([97]);
    const [stored] = setup.memory.rows('orders');
    expect(stored).toEqual({ id: S('x'), b: { B: expect.anything() }, all: expect.anything() });
    expect(new Uint8Array(stored?.['b']?.B ?? [])).toEqual(a);
    expect(new Uint8Array(stored?.['all']?.BS?.[0] ?? [])).toEqual(a);
  });
});
