import { S, stringOf, type Item } from '@x/dynamo-core';
import { explore, expectNoViolation, sample, type Scenario } from '@x/simulation';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const tableName = 'keys';
const id = 'visits';
const key = { key: S(`global.${id}`) };

/** An in-process DynamoDB with the table in it. */
function store(): MemoryDynamo {
  const memory = new MemoryDynamo();
  memory.createTable(keysTable, tableName);
  return memory;
}

/** What the rows begin with: nothing, or a value that some other client stored before. */
const nothing = undefined;
const five: Item = { ...key, ns: S('global'), data: S('5'), version: S('first') };

/** Two clients increment by optimistic updates; the value must have grown by their answers. */
function incrementing(row: Item | undefined): Scenario {
  const before = Number(stringOf(row, 'data') ?? 0);
  return async (world) => {
    if (row !== undefined) await world.store.call('PutItem', { TableName: tableName, Item: row });
    let answered = 0;
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      const { dynamo, clock, random } = client;
      const kv = new KeyValueTable({ dynamo, tableName, clock, random });
      client.run(async () => {
        await kv.update<number>(id, (n = 0) => n + 1);
        answered++;
      });
    }
    world.atEnd(async () => {
      const { Item } = await world.store.call('GetItem', { TableName: tableName, Key: key });
      const grown = Number(stringOf(Item, 'data') ?? 0) - before;
      // An update whose answer never came may have been applied or not, but not twice.
      return grown >= answered && grown <= 2
        ? undefined
        : `grown by ${grown} after ${answered} answers`;
    });
  };
}

/** Of three clients that store if there is nothing, one is told that it did. */
const storingOnce: Scenario = (world) => {
  const winners: string[] = [];
  let answered = 0;
  for (const name of ['A', 'B', 'C']) {
    const client = world.client(name);
    const { dynamo, clock, random } = client;
    const kv = new KeyValueTable({ dynamo, tableName, clock, random });
    client.run(async () => {
      if (await kv.setIfNotExists(id, name)) winners.push(name);
      answered++;
    });
  }
  world.always(() => (winners.length > 1 ? `stored by ${winners.join(' and ')}` : undefined));
  world.atEnd(async () => {
    const { Item } = await world.store.call('GetItem', { TableName: tableName, Key: key });
    const stored = Item?.['data']?.S;
    if (answered < 3) return undefined;
    return stored === JSON.stringify(winners[0])
      ? undefined
      : `${stored} stored, ${winners.join()} won`;
  });
};

test.each([
  ['an absent value', nothing],
  ['a stored value', five],
])('update() of %s counts each answer once, whatever is lost or repeated', async (name, row) => {
  const result = await explore(incrementing(row), {
    name: `increments of ${name}`,
    store,
    preemptionsMax: 2,
    faultsMax: 1,
  });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBeGreaterThan(500);
});

test.each([
  ['an absent value', nothing],
  ['a stored value', five],
])('update() of %s counts each answer once in random schedules with faults', async (name, row) => {
  const result = await sample(incrementing(row), {
    name: `random increments of ${name}`,
    store,
    seed: 1,
    runs: 1_500,
    faultsMax: 4,
  });
  expectNoViolation(result);
});

test('setIfNotExists() is answered with true once, whatever is lost or repeated', async () => {
  const result = await explore(storingOnce, {
    name: 'stores',
    store,
    preemptionsMax: 2,
    faultsMax: 1,
    runsMax: 200_000,
  });
  expectNoViolation(result, { exhaustive: true });
});
