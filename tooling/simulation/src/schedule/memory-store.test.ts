import { numberOf, S, type TableDefinition } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { explore, expectNoViolation, type Scenario } from '../index.js';

const counts: TableDefinition = { name: 'counts', partitionKey: { name: 'key', type: 'S' } };
const row = { TableName: 'counts', Key: { key: S('visits') } };

// The example of the README.
const twoAdd: Scenario = (world) => {
  let added = 0;
  for (const name of ['A', 'B']) {
    // One process. Hand its parts to the code under test: { dynamo, clock, random } = client.
    const client = world.client(name, { clockOffsetMs: 200, driftRate: 0.001 });
    client.run(async () => {
      await client.dynamo.call('UpdateItem', {
        ...row,
        UpdateExpression: 'ADD #c :one',
        ExpressionAttributeNames: { '#c': 'count' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      });
      added++;
      client.log(`added ${added}`);
    });
  }
  // After every event: says what is wrong, or nothing.
  world.always(() => (added > 2 ? 'more answers than calls' : undefined));
  // When all is over: `world.rows` and `world.store` are the table itself, without network.
  world.atEnd(() => {
    const count = numberOf(world.rows('counts')[0], 'count');
    return count === added ? undefined : `counted ${count} instead of ${added}`;
  });
};

test('ADD counts two concurrent increments', async () => {
  const result = await explore(twoAdd, { tables: [counts], preemptionsMax: 99 });
  expectNoViolation(result, { exhaustive: true });
  // Three events each: 6! / (3! 3!).
  expect(result.runs).toBe(20);
});

test('each run begins with empty tables and the time of the world', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    client.run(() =>
      client.dynamo.call('PutItem', { TableName: 'counts', Item: { key: S(String(world.nowMs)) } }),
    );
    world.atEnd(() => {
      const keys = world.rows('counts').map(({ key }) => key?.S);
      return keys.join(' ');
    });
  };
  const result = await explore(scenario, { tables: [counts], startMs: 5000 });
  expect(result.violation?.message).toBe('5000');
});
