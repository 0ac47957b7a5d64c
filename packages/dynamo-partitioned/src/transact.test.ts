import type { DynamoOperation, DynamoTransport, TransactItem } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import {
  check,
  ifVersion,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  remove,
  type TransactionWrite,
  type WriteCondition,
} from './index.js';

const tableName = partitionedKeysTable.name;
const key = { partition: 'p', namespace: 'n', sort: 'a' };
const other = { ...key, sort: 'b' };
const token = 'message-7';

let clock: ManualClock;
let memory: MemoryDynamo;
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(partitionedKeysTable);
});

/** A table whose first `times` transactions meet a delivery with their token that is under way. */
function open(times = 0): {
  readonly table: PartitionedKeyValueTable;
  readonly sent: DynamoOperation[];
  /** With what DynamoDB knows the transactions. */
  readonly tokens: (string | undefined)[];
} {
  const sent: DynamoOperation[] = [];
  const tokens: (string | undefined)[] = [];
  const dynamo: DynamoTransport = {
    call: async (operation, input, options) => {
      sent.push(operation);
      if ('ClientRequestToken' in input) tokens.push(input.ClientRequestToken);
      const count = sent.filter((each) => each === 'TransactWriteItems').length;
      if (operation === 'TransactWriteItems' && count <= times) {
        throw Object.assign(new Error('under way'), { name: 'TransactionInProgressException' });
      }
      return memory.call(operation, input, options);
    },
  };
  return { table: new PartitionedKeyValueTable({ dynamo, tableName, clock }), sent, tokens };
}

describe('transact() whose first delivery is still under way', () => {
  test('waits for it, and is applied once', async () => {
    const { table, sent } = open(2);
    await clock.drive(table.transact([put(key, 1)], { token }));
    expect(sent).toEqual(Array(3).fill('TransactWriteItems'));
    expect(await table.get(key)).toBe(1);
  });

  test('is decided by the rows where that takes too long', async () => {
    const first = open().table;
    await first.transact([put(key, 1), put(other, 1)], { token });
    await first.set(key, 2);
    const { table, sent } = open(Infinity);
    await clock.drive(table.transact([put(key, 1), put(other, 1)], { token }));
    expect(sent.at(-1)).toBe('BatchGetItem');
    expect(await table.get(key)).toBe(2);
    const longer = table.transact([put(key, 1)], { token });
    await expect(clock.drive(longer)).rejects.toMatchObject({ name: 'TokenReusedError', key });
  });

  test('passes the error on where no row remembers it', async () => {
    const { table } = open(Infinity);
    const waiting = clock.drive(table.transact([put(key, 1)], { token }));
    await expect(waiting).rejects.toMatchObject({ name: 'TransactionInProgressException' });
    expect(await table.get(key)).toBeUndefined();
  });

  test('ends with the reason of its signal while it waits', async () => {
    const stop = new AbortController();
    const waiting = open(Infinity).table.transact([put(key, 1)], { token, signal: stop.signal });
    stop.abort('no longer');
    await expect(waiting).rejects.toBe('no longer');
  });
});

describe('transact() when DynamoDB has forgotten the token', () => {
  const item: TransactItem = {
    Put: { TableName: tableName, Item: { partitionKey: { S: 'x' }, sortKey: { S: 'x' } } },
  };
  const knows = async (ClientRequestToken = ''): Promise<boolean> => {
    const input = { TransactItems: [item], ClientRequestToken };
    const sending = memory.call('TransactWriteItems', input);
    return sending.then(
      () => false,
      (error: Error) => error.name === 'IdempotentParameterMismatchException',
    );
  };

  test.each([
    ['a put', () => [put(key, 1)]],
    ['nothing but a removal', () => [remove(key)]],
  ])('recognises a list of %s, and no other', async (_, list) => {
    const { table, tokens } = open();
    await table.transact(list(), { token });
    await table.set(key, 2);
    expect(await knows(tokens[0])).toBe(true);
    await clock.advance(11 * 60_000);
    await table.transact(list(), { token });
    expect(await table.get(key)).toBe(2);
    const longer = table.transact([...list(), remove(other)], { token });
    await expect(longer).rejects.toMatchObject({ name: 'TokenReusedError', key });
    expect(await knows(tokens[0])).toBe(false);
  });
});

test('a token has to name a list of writes', async () => {
  const { table, sent } = open();
  await expect(table.transact([], { token })).rejects.toMatchObject({ name: 'InvalidInputError' });
  expect(sent).toEqual([]);
});

test.each([null, 0])('an abort with %s as its reason ends transact() with it', async (reason) => {
  const stop = new AbortController();
  stop.abort(reason);
  const { table, sent } = open();
  await expect(table.transact([put(key, 1)], { token, signal: stop.signal })).rejects.toBe(reason);
  expect(sent).toEqual([]);
});

test('what a write depends on is read when transact() is called', async () => {
  const { table } = open();
  await table.set(key, 1);
  const { version = '' } = (await table.getEntry(key)) ?? {};
  const only = { ...ifVersion(version) };
  const moving = table.transact([put(key, 2, { only })]);
  Object.assign(only, { is: 'version', version: 'of another row' });
  await moving;
  expect(await table.get(key)).toBe(2);
});

test.each<[string, TransactionWrite]>([
  ['a word for a condition', put(key, 1, { only: 'absent' as unknown as WriteCondition })],
  ['an unknown condition', remove(key, { only: { is: 'new' } as unknown as WriteCondition })],
  ['a check without one', check(key, undefined as unknown as WriteCondition)],
])('transact() refuses %s before anything is sent', async (_, write) => {
  const { table, sent } = open();
  const message = expect.stringContaining('as only: it must be ifAbsent, ifExists or ifVersion(');
  const refused = { name: 'InvalidInputError', field: 'only', message };
  await expect(table.transact([write])).rejects.toMatchObject(refused);
  expect(sent).toEqual([]);
});

test.each<[string, unknown[], string]>([
  ['an object of its own', [{ key, data: 1 }], 'made by put(), remove() or check()'],
  ['one key twice', [put(key, 1), remove(key)], 'key "p/n.a"; each key may occur once'],
])('transact() refuses %s and says what to do', async (_, writes, message) => {
  const { table, sent } = open();
  await expect(table.transact(writes as TransactionWrite[])).rejects.toThrow(message);
  expect(sent).toEqual([]);
});

test.each<[string, object]>([
  ['ttl', { ...put(key, 1), ttl: 5 }],
  ['ttlSeconds', { ...remove(key), ttlSeconds: 5 }],
])('transact() refuses %s of a write that does not take it', async (field, write) => {
  const { table, sent } = open();
  const refused = { name: 'InvalidInputError', field };
  await expect(table.transact([write as TransactionWrite])).rejects.toMatchObject(refused);
  expect(sent).toEqual([]);
});

test('a list without puts leaves one of the hundred to what remembers its token', async () => {
  const { table, sent } = open();
  const removals = Array.from({ length: 100 }, (_, sort) => remove({ ...key, sort: `${sort}` }));
  await expect(table.transact(removals, { token })).rejects.toMatchObject({
    field: 'the number of writes beside a marker',
  });
  expect(sent).toEqual([]);
  await table.transact(removals.slice(1), { token });
  await table.transact(removals);
});
