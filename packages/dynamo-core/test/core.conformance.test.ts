import { describeOnEngines, recorded } from '@x/conformance';
import { FaultHandler, ManualClock, seededRandom, type FaultPlan } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import {
  keysTable,
  partitionedKeysTable,
  stringOf,
  systemRandom,
  type Item,
} from '../src/index.js';
import {
  batchGet,
  batchWrite,
  cancellationReasons,
  itemBytes,
  itemBytesMax,
  pages,
  toTransport,
  transactWrite,
  writeConditionally,
} from '../src/mechanism.js';

const ids = Array.from({ length: 230 }, (_, index) => `id-${index}`);
const keyOf = (id: string): Item => ({ key: { S: id } });

describeOnEngines('core', (engine) => {
  describe('writeConditionally()', () => {
    const faults: [string, FaultPlan, string, number][] = [
      ['no fault', [], 'applied', 1],
      ['a request that never arrived', [{ kind: 'drop-before' }], 'applied', 2],
      ['a lost response', [{ kind: 'drop-after' }], 'recognised', 2],
      ['two lost responses', [{ kind: 'drop-after' }, { kind: 'drop-after' }], 'recognised', 3],
      ['a duplicated request', [{ kind: 'duplicate' }], 'recognised', 1],
      [
        'an error though it was applied',
        [{ kind: 'error', name: 'InternalServerError', status: 500, applied: true }],
        'recognised',
        2,
      ],
    ];

    it.each(faults)('stores once after %s', async (_, plan, outcome, attempts) => {
      const table = await engine.createTable(keysTable);
      const handler = new FaultHandler(plan);
      const transport = recorded(engine.client({ faults: handler }));
      const id = systemRandom.id();
      const row = { ...keyOf('a'), writer: { S: id } };
      const result = await writeConditionally(
        transport,
        'PutItem',
        {
          TableName: table,
          Item: row,
          ConditionExpression: 'attribute_not_exists(#key)',
          ExpressionAttributeNames: { '#key': 'key' },
        },
        { isMine: (item) => stringOf(item, 'writer') === id, mustExist: keyOf('a') },
      );
      expect(result.outcome).toBe(outcome);
      expect(handler.log).toHaveLength(attempts);
      expect(transport.requests.map(({ operation }) => operation)).toEqual(['PutItem']);
      expect(await engine.rows(table)).toEqual([row]);
    });

    it('is refused by the row of another, under every fault, and leaves it', async () => {
      const other = { ...keyOf('a'), writer: { S: 'other' } };
      for (const [, plan] of faults) {
        const table = await engine.createTable(keysTable);
        await engine.putRow(table, other);
        const result = await writeConditionally(
          toTransport(engine.client({ faults: new FaultHandler(plan) })),
          'UpdateItem',
          {
            TableName: table,
            Key: keyOf('a'),
            UpdateExpression: 'SET writer = :me',
            ConditionExpression: 'attribute_not_exists(writer)',
            ExpressionAttributeValues: { ':me': { S: 'me' } },
          },
          { isMine: (item) => stringOf(item, 'writer') === 'me', mustExist: keyOf('a') },
        );
        expect(result).toEqual({ outcome: 'refused', item: other });
        expect(await engine.rows(table)).toEqual([other]);
      }
    });
  });

  describe('batches', () => {
    it('230 keys come back complete and in order though every batch is cut in half', async () => {
      const table = await engine.createTable(keysTable);
      const handler = new FaultHandler(({ operation, input }) => ({
        kind: 'partial',
        keep: Math.ceil(countOf(operation, input, table) / 2),
      }));
      const clock = new ManualClock();
      const options = {
        transport: toTransport(engine.client({ faults: handler })),
        tableName: table,
        clock,
        random: seededRandom(7),
      };
      const busy = { busy: () => handler.inFlight > 0 };
      const puts = ids.map((id) => ({
        key: keyOf(id),
        displayKey: id,
        put: { ...keyOf(id), data: { S: `of ${id}` } },
      }));
      await clock.drive(batchWrite(puts, options), busy);
      expect(await engine.rows(table)).toHaveLength(230);

      const keys = [...ids, 'absent', 'id-0'].map((id) => ({ key: keyOf(id), displayKey: id }));
      const rows = await clock.drive(batchGet(keys, { ...options, consistent: true }), busy);
      expect(rows.map((row) => row && stringOf(row, 'data'))).toEqual([
        ...ids.map((id) => `of ${id}`),
        undefined,
        'of id-0',
      ]);

      await clock.drive(batchWrite(keys, options), busy);
      expect(await engine.rows(table)).toEqual([]);
    });

    it('finds rows of numeric sort keys in whatever spelling', async () => {
      const table = await engine.createTable({
        ...partitionedKeysTable,
        sortKey: { name: 'sortKey', type: 'N' },
      });
      const keys = ['1e3', '0.50', '-7', '12345678901234567890'].map((digits) => ({
        key: { partitionKey: { S: 'p' }, sortKey: { N: digits } },
        displayKey: digits,
      }));
      const options = {
        transport: toTransport(engine.client()),
        tableName: table,
        clock: new ManualClock(),
        random: seededRandom(7),
      };
      await batchWrite(
        keys.map(({ key, displayKey }) => ({
          key,
          displayKey,
          put: { ...key, data: { S: displayKey } },
        })),
        options,
      );
      const rows = await batchGet(keys, { ...options, consistent: true });
      expect(rows.map((row) => stringOf(row, 'data'))).toEqual(
        keys.map(({ displayKey }) => displayKey),
      );
    });
  });

  describe('transactWrite()', () => {
    const options = (faults?: FaultHandler): Parameters<typeof transactWrite>[1] => ({
      transport: toTransport(engine.client({ faults })),
      // Not a seeded one: the engine remembers tokens beyond a test.
      random: systemRandom,
    });

    it('applies an increment once though its response is lost', async () => {
      const table = await engine.createTable(keysTable);
      const handler = new FaultHandler([{ kind: 'drop-after' }]);
      await transactWrite(
        [
          {
            Update: {
              TableName: table,
              Key: keyOf('a'),
              UpdateExpression: 'ADD n :one',
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
          { Put: { TableName: table, Item: keyOf('b') } },
        ],
        options(handler),
      );
      expect(handler.log).toHaveLength(2);
      expect(await engine.rows(table)).toEqual([{ ...keyOf('a'), n: { N: '1' } }, keyOf('b')]);
    });

    it('applies nothing when a condition fails, and says which and on what row', async () => {
      const table = await engine.createTable(keysTable);
      const other = { ...keyOf('a'), writer: { S: 'other' } };
      await engine.putRow(table, other);
      const error: unknown = await transactWrite(
        [
          { Put: { TableName: table, Item: keyOf('b') } },
          {
            Put: {
              TableName: table,
              Item: keyOf('a'),
              ConditionExpression: 'attribute_not_exists(writer)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
        options(),
      ).catch((caught: unknown) => caught);
      expect(cancellationReasons(error)).toEqual([
        { code: 'None', item: undefined },
        { code: 'ConditionalCheckFailed', item: other },
      ]);
      expect(await engine.rows(table)).toEqual([other]);
    });
  });

  describe('itemBytes()', () => {
    const shapes: [string, Item][] = [
      ['text beyond ASCII', { ä: { S: '€😀' } }],
      ['a map in a list', { l: { L: [{ M: { a: { BOOL: true }, b: { NULL: true } } }] } }],
      ['bytes and sets', { b: { B: new Uint8Array(100) }, s: { SS: ['a', 'bc'] } }],
    ];

    it.each(shapes)('is 409600 where a row of %s just fits', async (_, shape) => {
      const table = await engine.createTable(keysTable);
      const transport = toTransport(engine.client());
      const base = { ...keyOf('a'), ...shape, fill: { S: '' } };
      const room = itemBytesMax - itemBytes(base);
      const put = (bytes: number): Promise<unknown> =>
        transport.call('PutItem', {
          TableName: table,
          Item: { ...base, fill: { S: 'x'.repeat(bytes) } },
        });
      await put(room);
      await expect(put(room + 1)).rejects.toMatchObject({ name: 'ValidationException' });
    });
  });

  it('pages() finds every row, whatever the size of the pages', async () => {
    const table = await engine.createTable(keysTable);
    for (const id of ids.slice(0, 10)) await engine.putRow(table, keyOf(id));
    const transport = recorded(engine.client());
    let found = 0;
    for await (const page of pages(transport, 'Scan', { TableName: table, Limit: 3 })) {
      found += page.Items?.length ?? 0;
    }
    expect(found).toBe(10);
    expect(transport.requests.length).toBeGreaterThanOrEqual(4);
  });
});

function countOf(operation: string, input: object, table: string): number {
  const { RequestItems } = input as { RequestItems: Record<string, unknown> };
  const entries = RequestItems[table];
  return operation === 'BatchGetItem'
    ? (entries as { Keys: unknown[] }).Keys.length
    : (entries as unknown[]).length;
}
