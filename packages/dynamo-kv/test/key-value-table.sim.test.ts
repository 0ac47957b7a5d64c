import { S, stringOf, type Item } from '@x/dynamo-core';
import {
  checkLinearizable,
  explore,
  expectNoViolation,
  expectViolation,
  recordHistory,
  registerModel,
  sample,
  type RegisterInput,
  type RegisterOutput,
  type Scenario,
} from '@x/simulation';
import { expect, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const tableName = 'keys';
const id = 'visits';
const key = { key: S(`global.${id}`) };

const tables = [keysTable];

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
    tables,
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
    tables,
    seed: 1,
    runs: 600,
    faultsMax: 4,
  });
  expectNoViolation(result);
});

test('setIfNotExists() is answered with true once, whatever is lost or repeated', async () => {
  const result = await explore(storingOnce, {
    name: 'stores',
    tables,
    preemptionsMax: 2,
    faultsMax: 1,
    runsMax: 200_000,
  });
  expectNoViolation(result, { exhaustive: true });
});

/** Each client sets or deletes the value; some order of that must explain what is read at the end. */
function writing(...clients: readonly (readonly (string | undefined)[])[]): Scenario {
  return (world) => {
    const history = recordHistory<RegisterInput, RegisterOutput>();
    for (const [index, values] of clients.entries()) {
      const client = world.client('ABC'[index] ?? '');
      const { dynamo, clock, random } = client;
      const kv = new KeyValueTable<string>({ dynamo, tableName, clock, random });
      client.run(async () => {
        for (const value of values) {
          await history.record(client.name, { kind: 'write', value }, async () => {
            await (value === undefined ? kv.delete(id) : kv.set(id, value));
            return undefined;
          });
        }
      });
    }
    world.atEnd(async () => {
      const direct = new KeyValueTable<string>({ dynamo: world.store, tableName });
      const read: RegisterInput = { kind: 'read' };
      const end = await history.record('the end', read, () => direct.get(id, { consistent: true }));
      const { linearizable } = checkLinearizable(registerModel, history.operations());
      return linearizable ? undefined : `no order explains ${end}`;
    });
  };
}

const faulty = { tables, preemptionsMax: 2, faultsMax: 1, runsMax: 200_000 };

test.each([
  ['two clients', [['a'], ['b']]],
  ['a client after the other', [['a', 'b'], ['c']]],
] as [string, string[][]][])(
  'set() by %s never overwrites what came after it, whatever is lost or repeated',
  async (name, clients) => {
    const result = await explore(writing(...clients), { ...faulty, name: `sets by ${name}` });
    expectNoViolation(result, { exhaustive: true });
  },
);

test('set() never overwrites what came after it in random schedules of three clients', async () => {
  const options = { name: 'random sets', tables, seed: 1, runs: 400, faultsMax: 3 };
  expectNoViolation(await sample(writing(['a', 'b'], ['c', 'd'], ['e']), options));
});

test('set() behind a delete is a new one when it is repeated, as is stated', async () => {
  const scenario = writing(['a'], [undefined]);
  expectNoViolation(await explore(scenario, { ...faulty, faultsMax: 0, name: 'a delete' }));
  const result = await explore(scenario, { ...faulty, name: 'a delete before a repeat' });
  expectViolation(result, 'no order explains');
});

test.each([7, 8])('set() behind %i others', async (others) => {
  const later = Array.from({ length: others }, (_, n) => `${n}`);
  const limits = { ...faulty, preemptionsMax: 0, name: `a set behind ${others}` };
  const result = await explore(writing(['a'], later), limits);
  if (others === 7) expectNoViolation(result);
  else expectViolation(result, 'no order explains');
});
