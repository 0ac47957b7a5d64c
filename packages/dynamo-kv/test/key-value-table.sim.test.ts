import { explore, expectNoViolation, sample, type Scenario } from '@x/simulation';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const tableName = 'keys';
const id = 'visits';
const key = { key: { S: `global.${id}` } };

/** An in-process DynamoDB with the table in it. */
function store(): MemoryDynamo {
  const memory = new MemoryDynamo();
  memory.createTable(keysTable, tableName);
  return memory;
}

/** Two clients increment by optimistic updates; the value must be the number of their answers. */
const incrementing: Scenario = (world) => {
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
    const stored = Number(Item?.['data']?.S ?? 0);
    // An update whose answer never came may have been applied or not, but not twice.
    return stored >= answered && stored <= 2
      ? undefined
      : `stored ${stored} after ${answered} answers`;
  });
};

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

test('update() counts each answer once, whatever is lost or repeated', async () => {
  const result = await explore(incrementing, {
    name: 'increments',
    store,
    preemptionsMax: 2,
    faultsMax: 1,
  });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBeGreaterThan(500);
});

test('update() counts each answer once in random schedules with several faults', async () => {
  const result = await sample(incrementing, {
    name: 'random increments',
    store,
    seed: 1,
    runs: 3_000,
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
