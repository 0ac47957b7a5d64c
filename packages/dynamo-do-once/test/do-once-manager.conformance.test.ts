import { DynamoDBDocumentClient, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { FaultHandler, ManualClock } from '@x/dynamo-testing';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { DoOnceManager, partitionedKeysTable, type DoOnceManagerOptions } from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);

describeOnEngines('DoOnceManager', (engine) => {
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

  /** Another process, and what it sends. */
  function open(options: DoOnceManagerOptions = {}): {
    manager: DoOnceManager;
    sent: RecordedTransport;
  } {
    const sent = recorded(engine.client(), { capacity: true });
    const table = new PartitionedKeyValueTable({ dynamo: sent, tableName, clock });
    return { manager: new DoOnceManager(table, options), sent };
  }

  function operations({ requests }: RecordedTransport): string[] {
    return requests.map(({ operation }) => operation);
  }

  async function row(key = 'mail'): Promise<Item | undefined> {
    return engine.row(tableName, {
      partitionKey: { S: user },
      sortKey: { S: `users.do_once.${key}` },
    });
  }

  async function die(options: DoOnceManagerOptions = {}): Promise<void> {
    await new Promise<void>((resolve) => {
      const dead = open(options).manager;
      const call = dead.doOnce(
        user,
        'mail',
        () => (resolve(), new Promise<never>(() => undefined)),
      );
      void call.catch(() => undefined);
    });
  }

  const never = (): Promise<never> => Promise.reject(new Error('It acted again'));

  test('storeError answers the same to later callers, for two requests and one', async () => {
    const declined = new RangeError('no funds');
    const first = open({ storeError: (error) => error === declined });
    const call = first.manager.doOnce(user, 'mail', () => Promise.reject(declined));
    await expect(call).rejects.toBe(declined);
    expect(operations(first.sent)).toEqual(['PutItem', 'PutItem']);
    const later = open();
    await expect(later.manager.doOnce(user, 'mail', never)).rejects.toMatchObject({
      storedName: 'RangeError',
      storedMessage: 'no funds',
    });
    expect(operations(later.sent)).toEqual(['PutItem']);
    const write = { Put: { TableName: tableName, Item: { partitionKey: user, sortKey: 'x' } } };
    const transact = later.manager.transact(user, 'mail', [write]);
    await expect(transact).rejects.toMatchObject({ code: 'DoOnceStored' });
    expect(await engine.row(tableName, { partitionKey: { S: user }, sortKey: { S: 'x' } })).toBe(
      undefined,
    );
  });

  test('storeError after a takeover counts, and the dead owner gets what is stored', async () => {
    await die({ leaseMs: 1_000 });
    await clock.advance(1_251);
    const { manager, sent } = open({ storeError: () => true });
    const fail = (): Promise<never> => Promise.reject(new RangeError('no funds'));
    await expect(manager.doOnce(user, 'mail', fail)).rejects.toThrow('no funds');
    expect(operations(sent)).toEqual(['PutItem', 'PutItem', 'PutItem']);
    expect((await open().manager.getDone(user, 'mail'))?.storedError?.message).toBe('no funds');
  });

  test('markDone() stores a result, and a long key is stored by its hash', async () => {
    const { manager, sent } = open({ hashLongKeys: true, storeResult: true });
    const key = 'k'.repeat(5_000);
    await manager.markDone(user, key, { result: { id: 7 } });
    expect(await manager.doOnce(user, key, never)).toMatchObject({ actionResponse: { id: 7 } });
    expect(operations(sent)).toEqual(['PutItem', 'PutItem']);
  });

  describe('what is sent and what it costs', () => {
    test('two requests the first time, one write unit each', async () => {
      const { manager, sent } = open();
      await manager.doOnce(user, 'mail', () => 1);
      const [claim, mark] = sent.requests;
      expect(operations(sent)).toEqual(['PutItem', 'PutItem']);
      expect(sent.units).toEqual({ read: 0, write: 2 });
      const sortKey = { S: 'users.do_once.mail' };
      expect(claim?.input).toMatchObject({
        TableName: tableName,
        Item: { partitionKey: { S: user }, sortKey, lease: { N: String(startMs + 60_000) } },
        ConditionExpression:
          'attribute_not_exists(lease) AND ((attribute_not_exists(#data) AND ' +
          'attribute_not_exists(#count) AND attribute_not_exists(r0)) OR expiresAt <= :cut)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      expect(mark?.input).toMatchObject({
        Item: { partitionKey: { S: user }, sortKey, data: { S: String(startMs) } },
        ConditionExpression: 'attribute_not_exists(#data) AND :owner IN (#owner, o1, o2, o3)',
      });
    });

    test('one request on repeat', async () => {
      await open().manager.doOnce(user, 'mail', () => 1);
      const { manager, sent } = open();
      expect(await manager.doOnce(user, 'mail', never)).toEqual({ didAction: false, at: startMs });
      expect(operations(sent)).toEqual(['PutItem']);
    });

    test('two requests when the action fails, one write unit each', async () => {
      const { manager, sent } = open();
      await expect(manager.doOnce(user, 'mail', never)).rejects.toThrow('It acted again');
      expect(operations(sent)).toEqual(['PutItem', 'DeleteItem']);
      expect(sent.units).toEqual({ read: 0, write: 2 });
      expect(await row()).toBeUndefined();
    });

    test('one request for each of the others', async () => {
      const { manager, sent } = open();
      await manager.markDone(user, 'mail');
      await manager.haveAlreadyDone(user, 'mail');
      await manager.haveAlreadyDone(user, 'mail', { consistent: true });
      await manager.clearKey(user, 'mail');
      expect(sent.requests.map(({ operation, units }) => [operation, units])).toEqual([
        ['PutItem', 1],
        ['GetItem', 0.5],
        ['GetItem', 1],
        ['DeleteItem', 1],
      ]);
    });

    test('one transaction for transact(), two write units for each row', async () => {
      const { manager, sent } = open();
      const writes = [put('a', 1), put('b', 2)];
      expect(await manager.transact(user, 'mail', writes)).toMatchObject({ didAction: true });
      expect(operations(sent)).toEqual(['TransactWriteItems']);
      // DynamoDB Local rounds the sum of the rows, AWS and dynoxide each of them.
      const write = engine.name === 'dynamodb-local' ? 2 : 6;
      expect(sent.units).toEqual({ read: 0, write });
    });

    test('a heartbeat adds an UpdateItem for each third of the lease', async () => {
      const { manager, sent } = open({ heartbeat: true, leaseMs: 3_000 });
      const acting = manager.doOnce(user, 'mail', async () => {
        for (let beats = 1; beats <= 4; beats++) {
          await clock.advance(1_000);
          await untilIdle(sent);
        }
        expect((await row())?.['lease']).toEqual({ N: String(startMs + 7_000) });
      });
      await acting;
      expect(operations(sent)).toEqual(['PutItem', ...Array(4).fill('UpdateItem'), 'PutItem']);
    });
  });

  describe('many callers', () => {
    test('fifty processes at once: one runs the action, fifty get the answer', async () => {
      let runs = 0;
      const callers = Array.from({ length: 50 }, () => open({ storeResult: true }));
      const busy = (): boolean => callers.some(({ sent }) => sent.inFlight > 0);
      const answers = Promise.all(
        callers.map(({ manager }) =>
          manager.doOnce(user, 'mail', async () => {
            runs++;
            await clock.sleep(500);
            return { n: 7 };
          }),
        ),
      );
      const told = await clock.drive(answers, { busy });
      expect(runs).toBe(1);
      expect(told.filter(({ didAction }) => didAction)).toHaveLength(1);
      expect(new Set(told.map(({ at }) => at)).size).toBe(1);
      expect(told.map(({ actionResponse }) => actionResponse)).toEqual(
        Array.from({ length: 50 }, () => ({ n: 7 })),
      );
    });

    test('fifty transactions at once: one is applied', async () => {
      const callers = Array.from({ length: 50 }, () => open());
      const busy = (): boolean => callers.some(({ sent }) => sent.inFlight > 0);
      const add = update('counted');
      const told = await clock.drive(
        Promise.all(callers.map(({ manager }) => manager.transact(user, 'mail', [add]))),
        { busy },
      );
      expect(told.filter(({ didAction }) => didAction)).toHaveLength(1);
      const counted = await engine.row(tableName, {
        partitionKey: { S: user },
        sortKey: { S: 'counted' },
      });
      expect(counted?.['n']).toEqual({ N: '1' });
    });
  });

  describe('an owner that is killed', () => {
    test('when it has claimed: the next one takes over after the lease', async () => {
      await die({ leaseMs: 5_000 });
      const { manager, sent } = open();
      const busy = (): boolean => sent.inFlight > 0;
      const second = manager.doOnce(user, 'mail', ({ isTakeover }) => isTakeover);
      expect(await clock.drive(second, { busy })).toEqual({
        didAction: true,
        actionResponse: true,
        at: startMs + 5_250,
      });
    });

    test('when the mark is on its way and lost: the action runs again after the lease', async () => {
      const faults = new FaultHandler(({ input }) =>
        (input as { Item?: Item }).Item?.['data'] ? { kind: 'drop-before' } : undefined,
      );
      const dynamo = engine.client({ faults });
      const dying = new DoOnceManager({ dynamo, tableName, clock }, { leaseMs: 5_000 });
      await expect(dying.doOnce(user, 'mail', () => 1)).rejects.toThrow(/ECONNRESET|hang up|reset/);
      await clock.advance(5_250);
      expect(await open().manager.doOnce(user, 'mail', () => 2)).toMatchObject({ didAction: true });
    });

    test('when the mark is stored and the answer lost: it is done', async () => {
      const faults = new FaultHandler(({ input }) =>
        (input as { Item?: Item }).Item?.['data'] ? { kind: 'drop-after' } : undefined,
      );
      const dynamo = engine.client({ faults });
      const dying = new DoOnceManager({ dynamo, tableName, clock });
      await expect(dying.doOnce(user, 'mail', () => 1)).rejects.toThrow(/ECONNRESET|hang up|reset/);
      expect(await open().manager.doOnce(user, 'mail', never)).toMatchObject({ didAction: false });
    });
  });

  describe('the table', () => {
    test("a missing one is the SDK's error, and nothing runs", async () => {
      const manager = new DoOnceManager({ dynamo: engine.client(), tableName: 'no-such-table' });
      for (const run of [
        () => manager.doOnce('a', 'b', never),
        () => manager.haveAlreadyDone('a', 'b'),
        () => manager.transact('a', 'b', [put('a', 1)]),
      ]) {
        await expect(run()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      }
    });

    test('may be reached with a document client, and with names of its own', async () => {
      const definition = {
        ...partitionedKeysTable,
        partitionKey: { name: 'pk', type: 'S' },
        sortKey: { name: 'sk', type: 'S' },
      } as const;
      const other = await engine.createTable(definition);
      const mappings = {
        partitionKeyFieldName: 'pk',
        sortKeyFieldName: 'sk',
        dataFieldName: 'content',
      };
      const dynamo = DynamoDBDocumentClient.from(engine.client());
      const manager = new DoOnceManager({ dynamo, tableName: other, mappings, clock });
      await manager.doOnce('ann', 'mail', () => 1);
      expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
      expect(await engine.rows(other)).toEqual([
        {
          pk: { S: 'ann' },
          sk: { S: 'users.do_once.mail' },
          content: { S: String(startMs) },
          owner: { S: expect.any(String) as string },
          started: { N: String(startMs) },
        },
      ]);
    });

    test('shows what is done, and no claims, to a listing of the partition', async () => {
      const table = new PartitionedKeyValueTable({ dynamo: engine.client(), tableName, clock });
      const manager = new DoOnceManager(table);
      await manager.doOnce(user, 'done', () => 1);
      await die();
      const listed: unknown[] = [];
      for await (const { key, value } of table.entries(user)) listed.push([key.sort, value]);
      expect(listed).toEqual([['users.do_once.done', startMs]]);
    });

    test('refuses a result that is too deep for DynamoDB, and the work stays marked', async () => {
      const deep = Array.from({ length: 40 }).reduce<object>((inner) => ({ M: { a: inner } }), {
        S: 'x',
      });
      const codec = { encode: () => deep as never, decode: () => deep };
      const { manager } = open({ storeResult: codec });
      const answer = await manager.doOnce(user, 'mail', () => 1);
      expect(answer).toMatchObject({ didAction: true });
      expect(await manager.haveAlreadyDone(user, 'mail', { consistent: true })).toBeDefined();
    });
  });

  describe('transact()', () => {
    test("takes a document client's items as they are", async () => {
      const items: TransactWriteCommandInput['TransactItems'] = [
        put('set', new Set(['a', 'b'])),
        update('counted'),
      ];
      await open().manager.transact(user, 'mail', items);
      const sortKey = { S: 'set' };
      const stored = await engine.row(tableName, { partitionKey: { S: user }, sortKey });
      expect(stored?.['n']).toEqual({ SS: ['a', 'b'] });
    });

    test('takes values of as many levels as DynamoDB does, and refuses more itself', async () => {
      const { manager, sent } = open();
      await expect(manager.transact(user, 'mail', [put('deep', nested(32))])).rejects.toMatchObject(
        {
          name: 'InvalidInputError',
        },
      );
      expect(sent.requests).toEqual([]);
      await manager.transact(user, 'mail', [put('deep', nested(31))]);
      const key = { partitionKey: { S: user }, sortKey: { S: 'deep' } };
      expect(await engine.row(tableName, key)).toMatchObject({ n: { M: {} } });
    });

    test('applies and marks nothing when a condition fails, and says which', async () => {
      const items = [put('a', 1), { ...update('b', 'attribute_exists(nothing)') }];
      await expect(open().manager.transact(user, 'mail', items)).rejects.toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed' },
          { Code: 'None' },
        ],
      });
      expect(await row()).toBeUndefined();
    });
  });

  function put(sort: string, n: unknown): { Put: { TableName: string; Item: object } } {
    return { Put: { TableName: tableName, Item: { partitionKey: user, sortKey: sort, n } } };
  }

  function update(sort: string, condition?: string): { Update: UpdateWrite } {
    return {
      Update: {
        TableName: tableName,
        Key: { partitionKey: user, sortKey: sort },
        UpdateExpression: 'ADD n :one',
        ...(condition !== undefined && { ConditionExpression: condition }),
        ExpressionAttributeValues: { ':one': 1 },
      },
    };
  }
});

let users = 0;

/** A leaf within so many maps. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

interface UpdateWrite {
  TableName: string;
  Key: Record<string, unknown>;
  UpdateExpression: string;
  ConditionExpression?: string;
  ExpressionAttributeValues: Record<string, unknown>;
}

async function untilIdle(sent: RecordedTransport): Promise<void> {
  while (sent.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
}
