import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describeOnEngines, recorded } from '@x/conformance';
import type { DynamoTransport } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { DoOnceManager, partitionedKeysTable, type DoOnceManagerOptions } from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);
let users = 0;

describeOnEngines('DoOnceManager with separateClaims', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let user: string;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
    user = `user-${++users}`;
  });

  function open(options: DoOnceManagerOptions = {}): {
    readonly manager: DoOnceManager;
    readonly operations: () => string[];
  } {
    const dynamo = recorded(engine.client());
    const table = { dynamo, tableName, clock };
    const manager = new DoOnceManager(table, { separateClaims: true, ...options });
    return { manager, operations: () => dynamo.requests.map(({ operation }) => operation) };
  }

  function key(prefix = 'do_once'): { partitionKey: { S: string }; sortKey: { S: string } } {
    return { partitionKey: { S: user }, sortKey: { S: `users.${prefix}.mail` } };
  }

  /** What the original's `doOnce` sends: whether it acted, and whether it could record it. */
  async function original(): Promise<{ readonly acted: boolean; readonly recorded: boolean }> {
    const client = engine.client();
    const found = await client.send(new GetItemCommand({ TableName: tableName, Key: key() }));
    if (found.Item?.['data'] !== undefined) return { acted: false, recorded: false };
    try {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { ...key(), data: { S: '1600000000000' } },
          ConditionExpression: 'attribute_not_exists(#attr0) AND attribute_not_exists(#attr1)',
          ExpressionAttributeNames: { '#attr0': 'partitionKey', '#attr1': 'sortKey' },
        }),
      );
      return { acted: true, recorded: true };
    } catch {
      return { acted: true, recorded: false };
    }
  }

  async function die(options: DoOnceManagerOptions = {}): Promise<void> {
    await new Promise<void>((resolve) => {
      const { manager } = open(options);
      const pending = new Promise<never>(() => undefined);
      void manager.doOnce(user, 'mail', () => (resolve(), pending)).catch(() => undefined);
    });
  }

  const never = (): Promise<never> => Promise.reject(new Error('It acted again'));
  const rows = async (): Promise<unknown[]> => [
    await engine.row(tableName, key()),
    await engine.row(tableName, key('do_once_claim')),
  ];

  test('takes three requests the first time, and leaves no claim', async () => {
    const { manager, operations } = open();
    expect(await manager.doOnce(user, 'mail', () => 1)).toMatchObject({ didAction: true });
    expect(operations()).toEqual(['PutItem', 'GetItem', 'TransactWriteItems']);
    expect(await rows()).toEqual([expect.objectContaining({ data: expect.anything() }), undefined]);
    expect(await open().manager.doOnce(user, 'mail', never)).toEqual({
      didAction: false,
      at: startMs,
    });
    expect(await original()).toEqual({ acted: false, recorded: false });
  });

  describe('beside the original', () => {
    test('that of a process which died does not keep the original from recording', async () => {
      await die();
      expect(await original()).toEqual({ acted: true, recorded: true });
      expect(await original()).toEqual({ acted: false, recorded: false });
    });

    test('finds what the original has done, under its own claim', async () => {
      await original();
      const { manager } = open();
      const at = 1_600_000_000_000;
      expect(await manager.doOnce(user, 'mail', never)).toEqual({ didAction: false, at });
      expect((await rows())[1]).toBeUndefined();
    });

    test('is overtaken by the original, whose record stands, and leaves no claim', async () => {
      const { manager } = open();
      const answer = await manager.doOnce(user, 'mail', () => original());
      expect(answer).toEqual({ didAction: false, at: 1_600_000_000_000, overtaken: true });
      expect(await rows()).toEqual([{ ...key(), data: { S: '1600000000000' } }, undefined]);
    });

    test('that failed leaves the original free to act', async () => {
      await expect(open().manager.doOnce(user, 'mail', never)).rejects.toThrow('It acted again');
      expect(await rows()).toEqual([undefined, undefined]);
      expect(await original()).toEqual({ acted: true, recorded: true });
    });
  });

  test.each([true, false])(
    'finds what is done behind a late copy of its claim (takeover: %s)',
    async (takeover) => {
      const { manager, operations } = open({ takeover });
      const copies: Parameters<DynamoTransport['call']>[] = [];
      const client = recorded(engine.client());
      const dynamo: DynamoTransport = {
        call: async (operation, input, options) => {
          if (operation === 'PutItem') copies.push([operation, input]);
          return client.call(operation, input, options);
        },
      };
      const table = { dynamo, tableName, clock };
      const first = new DoOnceManager(table, { separateClaims: true, takeover });
      await first.doOnce(user, 'mail', () => 'sent');
      for (const copy of copies) await client.call(...copy);
      expect(await engine.row(tableName, key('do_once_claim'))).toBeDefined();
      expect(await manager.doOnce(user, 'mail', never)).toMatchObject({ didAction: false });
      expect(operations()).toEqual(['PutItem', 'GetItem']);
      await clock.advance(120_000);
      expect(await manager.doOnce(user, 'mail', never)).toMatchObject({ didAction: false });
    },
  );

  test('excludes others of its kind, and takes over after the lease', async () => {
    await die({ leaseMs: 5_000 });
    const { manager } = open();
    const waiting = manager.doOnce(user, 'mail', never, { onInProgress: 'throw' });
    await expect(waiting).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    await clock.advance(5_250);
    const second = manager.doOnce(user, 'mail', ({ isTakeover }) => isTakeover);
    expect(await second).toMatchObject({ didAction: true, actionResponse: true });
  });

  test('a late mark ends neither the claim of a stranger nor its action', async () => {
    const steps = ['A', 'B'].map((name) => {
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      let begin: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const run = (): Promise<unknown> =>
        open().manager.doOnce(user, 'mail', () => (begin(), ended), { payload: name });
      return { begun, end, run };
    });
    const [a, b] = steps as [(typeof steps)[0], (typeof steps)[0]];
    const first = a.run();
    await a.begun;
    await open().manager.clearKey(user, 'mail');
    const second = b.run();
    await b.begun;
    a.end();
    // Its own payload is another one than that of the claim that stands there now.
    await expect(first).rejects.toMatchObject({ code: 'DoOnceMismatch' });
    b.end();
    expect(await second).toMatchObject({ didAction: true });
    expect((await rows())[1]).toBeUndefined();
  });

  test('a mark with a takeover behind it counts, and ends the claim of its successor', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const first = open({ leaseMs: 5_000 }).manager.doOnce(user, 'mail', () => (begin(), ended));
    await begun;
    await clock.advance(5_250);
    const second = open().manager.doOnce(user, 'mail', async () => (end(), await first));
    expect(await second).toMatchObject({ didAction: false, overtaken: true });
    expect(await first).toMatchObject({ didAction: true });
    expect((await rows())[1]).toBeUndefined();
  });

  test('clearKey() forgets the mark and the claim', async () => {
    await die();
    const { manager, operations } = open();
    await manager.markDone(user, 'mail');
    await manager.clearKey(user, 'mail');
    expect(operations()).toEqual(['PutItem', 'DeleteItem', 'DeleteItem']);
    expect(await rows()).toEqual([undefined, undefined]);
  });

  test('transact() looks at the claim in the same transaction', async () => {
    const Item = { partitionKey: user, sortKey: 'other' };
    const put = [{ Put: { TableName: tableName, Item } }];
    await die({ leaseMs: 5_000 });
    const { manager, operations } = open();
    const waiting = manager.transact(user, 'mail', put, { onInProgress: 'throw' });
    await expect(waiting).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    await clock.advance(5_250);
    expect(await manager.transact(user, 'mail', put)).toMatchObject({ didAction: true });
    expect(await manager.transact(user, 'mail', put)).toMatchObject({ didAction: false });
    // A claim in the way may be a late copy: the row of the action tells.
    const sent = ['TransactWriteItems', 'GetItem', ...Array(3).fill('TransactWriteItems')];
    expect(operations()).toEqual(sent);
    const many = Array.from({ length: 99 }, () => put[0] ?? {});
    await expect(manager.transact(user, 'mail', many)).rejects.toThrow('from 1 to 98');
  });

  test('refuses another payload under a claim, and after the mark', async () => {
    const { manager } = open();
    await manager.doOnce(
      user,
      'mail',
      async () => {
        const other = open().manager.doOnce(user, 'mail', never, { payload: 2 });
        await expect(other).rejects.toMatchObject({ code: 'DoOnceMismatch' });
      },
      { payload: 1 },
    );
    const other = open().manager.doOnce(user, 'mail', never, { payload: 2 });
    await expect(other).rejects.toMatchObject({ code: 'DoOnceMismatch' });
    expect((await rows())[1]).toBeUndefined();
  });
});
