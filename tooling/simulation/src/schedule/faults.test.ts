import { numberOf, S } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import {
  explore,
  expectNoViolation,
  expectViolation,
  type FaultKind,
  type Scenario,
  type SimulationResult,
} from '../index.js';

import { tinyStore as store } from '../tiny/tiny-store.js';

const Key = { key: S('c') };

/** One client adds once, and notes what it was told; the end says what the store holds. */
function addOnce(outcomes: Set<string>): Scenario {
  return (world) => {
    const client = world.client('A');
    let told = 'nothing';
    client.run(async () => {
      try {
        await client.dynamo.call('UpdateItem', { TableName: 'counts', Key });
        told = 'added';
      } catch (error) {
        told = (error as Error).name;
        throw error;
      }
    });
    world.atEnd(async () => {
      const { Item } = await world.store.call('GetItem', { TableName: 'counts', Key });
      outcomes.add(`${told}, ${numberOf(Item, 'count') ?? 0} stored`);
      return undefined;
    });
  };
}

const cases: readonly [FaultKind, number, string[]][] = [
  ['lost-request', 2, ['added, 1 stored', 'TimeoutError, 0 stored']],
  ['late-request', 2, ['added, 1 stored', 'TimeoutError, 1 stored']],
  ['repeat', 2, ['added, 1 stored', 'added, 2 stored']],
  ['lost-reply', 2, ['added, 1 stored', 'TimeoutError, 1 stored']],
  ['duplicate', 2, ['added, 1 stored', 'added, 2 stored']],
  // It stops before it starts, with its request in flight, and before the reply arrives.
  ['crash', 4, ['added, 1 stored', 'nothing, 0 stored', 'nothing, 1 stored']],
];

for (const [fault, runs, expected] of cases) {
  test(`explore() can inject "${fault}"`, async () => {
    const outcomes = new Set<string>();
    const result = await explore(addOnce(outcomes), { store, faultsMax: 1, faults: [fault] });
    expectNoViolation(result, { exhaustive: true });
    expect([...outcomes].toSorted()).toEqual(expected.toSorted());
    expect(result.runs).toBe(runs);
  });
}

test('explore() injects no fault unless it is told to', async () => {
  const outcomes = new Set<string>();
  await explore(addOnce(outcomes), { store });
  expect([...outcomes]).toEqual(['added, 1 stored']);
});

test('explore() bounds the faults of one schedule and the repeats of one request', async () => {
  const countsOf = async (faultsMax: number, repeatsMax: number): Promise<Set<string>> => {
    const outcomes = new Set<string>();
    const options = { store, faultsMax, repeatsMax, faults: ['repeat'] as const };
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
  expect(await explore(scenario, { store, faultsMax: 1 })).toMatchObject({ runs: 2 });
});

test('explore() shows what happened to a request in its trace', async () => {
  const scenario: Scenario = async (world, fail) => {
    await addOnce(new Set())(world, fail);
    world.atEnd(async () => {
      const { Item } = await world.store.call('GetItem', { TableName: 'counts', Key });
      return numberOf(Item, 'count') === 3 ? 'added three times' : undefined;
    });
  };
  const result: SimulationResult = await explore(scenario, { store, faultsMax: 2 });
  expect(expectViolation(result, 'added three times').trace).toEqual([
    '+0ms  A  starts',
    '+0ms  A  UpdateItem counts {key=c} -> applied: ok',
    '+0ms  A  UpdateItem -> reply lost, the SDK repeats the request',
    '+0ms  A  UpdateItem counts {key=c} -> applied: ok',
    '+0ms  A  UpdateItem -> reply lost, the SDK repeats the request',
    '+0ms  A  UpdateItem counts {key=c} -> applied: ok',
    '+0ms  A  UpdateItem -> answered',
  ]);
});

test('a client gives up at once when its signal aborts, and its request still arrives', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    const giveUp = new AbortController();
    client.run(async () => {
      const answer = client.dynamo.call(
        'UpdateItem',
        { TableName: 'counts', Key },
        { signal: giveUp.signal },
      );
      giveUp.abort(new Error('enough'));
      const error: unknown = await answer.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: 'enough' });
    });
    world.atEnd(async () => {
      const { Item } = await world.store.call('GetItem', { TableName: 'counts', Key });
      return numberOf(Item, 'count') === 1 ? undefined : 'the request did not arrive';
    });
  };
  const result = await explore(scenario, { store });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBe(1);
});
