import { N, numberOf, S, type TableDefinition } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import {
  explore,
  expectNoViolation,
  expectViolation,
  type FaultKind,
  type Scenario,
  type World,
} from '../index.js';

const tables: readonly TableDefinition[] = [
  { name: 'counts', partitionKey: { name: 'key', type: 'S' } },
];
const Key = { key: S('c') };
const add = {
  TableName: 'counts',
  Key,
  UpdateExpression: 'ADD hits :one',
  ExpressionAttributeValues: { ':one': N(1) },
};

function hitsIn(world: World): number {
  return numberOf(world.rows('counts')[0], 'hits') ?? 0;
}

/** One client adds once, and notes what it was told; the end says what the store holds. */
function addOnce(outcomes: Set<string>): Scenario {
  return (world) => {
    const client = world.client('A');
    let told = 'nothing';
    client.run(async () => {
      try {
        await client.dynamo.call('UpdateItem', add);
        told = 'added';
      } catch (error) {
        told = (error as Error).name;
        throw error;
      }
    });
    world.atEnd(() => void outcomes.add(`${told}, ${hitsIn(world)} stored`));
  };
}

test.each<[FaultKind, number, string[]]>([
  ['lost-request', 2, ['added, 1 stored', 'TimeoutError, 0 stored']],
  ['late-request', 2, ['added, 1 stored', 'TimeoutError, 1 stored']],
  ['repeat', 2, ['added, 1 stored', 'added, 2 stored']],
  ['lost-reply', 2, ['added, 1 stored', 'TimeoutError, 1 stored']],
  ['duplicate', 2, ['added, 1 stored', 'added, 2 stored']],
  // It stops before it starts, with its request in flight, and before the reply arrives.
  ['crash', 4, ['added, 1 stored', 'nothing, 0 stored', 'nothing, 1 stored']],
])('explore() can inject "%s"', async (fault, runs, expected) => {
  const outcomes = new Set<string>();
  const result = await explore(addOnce(outcomes), { tables, faultsMax: 1, faults: [fault] });
  expectNoViolation(result, { exhaustive: true });
  expect([...outcomes].toSorted()).toEqual(expected.toSorted());
  expect(result.runs).toBe(runs);
});

test('explore() injects no fault unless it is told to', async () => {
  const outcomes = new Set<string>();
  await explore(addOnce(outcomes), { tables });
  expect([...outcomes]).toEqual(['added, 1 stored']);
});

test('explore() bounds the faults of one schedule and the repeats of one request', async () => {
  const countsOf = async (faultsMax: number, repeatsMax: number): Promise<Set<string>> => {
    const outcomes = new Set<string>();
    const options = { tables, faultsMax, repeatsMax, faults: ['repeat'] as const };
    await explore(addOnce(outcomes), options);
    return outcomes;
  };
  expect((await countsOf(2, 3)).has('added, 3 stored')).toBe(true);
  expect((await countsOf(2, 3)).has('added, 4 stored')).toBe(false);
  expect((await countsOf(3, 1)).has('added, 3 stored')).toBe(false);
});

test('explore() only loses the requests of a read', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    client.run(() => client.dynamo.call('GetItem', { TableName: 'counts', Key }));
  };
  expect(await explore(scenario, { tables, faultsMax: 1 })).toMatchObject({ runs: 2 });
});

test('explore() shows what happened to a request in its trace', async () => {
  const scenario: Scenario = async (world, fail) => {
    await addOnce(new Set())(world, fail);
    world.atEnd(() => (hitsIn(world) === 3 ? 'added three times' : undefined));
  };
  const result = await explore(scenario, { tables, faultsMax: 2 });
  expect(expectViolation(result, 'added three times').trace).toEqual([
    '+0ms  A  starts',
    '+0ms  A  UpdateItem counts {key=c} ADD hits 1 -> applied: ok',
    '+0ms  A  UpdateItem -> reply lost, the SDK repeats the request',
    '+0ms  A  UpdateItem counts {key=c} ADD hits 1 -> applied: ok',
    '+0ms  A  UpdateItem -> reply lost, the SDK repeats the request',
    '+0ms  A  UpdateItem counts {key=c} ADD hits 1 -> applied: ok',
    '+0ms  A  UpdateItem -> answered',
  ]);
});

test('a client gives up at once when its signal aborts, and its request still arrives', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    const giveUp = new AbortController();
    client.run(async () => {
      const { signal } = giveUp;
      const answer = client.dynamo.call('UpdateItem', add, { signal });
      giveUp.abort(new Error('enough'));
      const error: unknown = await answer.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: 'enough' });
    });
    world.atEnd(() => (hitsIn(world) === 1 ? undefined : 'the request did not arrive'));
  };
  const result = await explore(scenario, { tables });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBe(1);
});
