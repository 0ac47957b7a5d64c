import { KeyValueCounter } from '@x/dynamo-counter';
import { keysTable } from '@x/dynamo-core';
import {
  chaos,
  immediateRetries,
  ManualClock,
  memoryClient,
  MemoryDynamo,
} from '@x/dynamo-testing';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Tests of your own code: @x/dynamo-testing',
  why: 'DynamoDB in the process, faults from a seed, and a clock that a test moves by hand.',
  run: async (show) => {
    const memory = new MemoryDynamo();
    memory.createTable({ ...keysTable, name: 'keys' });
    const faulty = chaos(memory, { seed: 3, lostResponses: 0.2 });
    const client = memoryClient(faulty, { retryStrategy: immediateRetries() });
    const calls = new KeyValueCounter({ tableName: 'keys', namespace: 'calls', dynamo: client });

    show.note('The SDK itself without a port. Every fifth response is lost, by a seed:');
    for (let i = 0; i < 9; i++) await calls.incr('login');
    await show(() => calls.incr('login'));
    await show(() => faulty.log().trim().split('\n').slice(0, 2));
    show.note('An hour goes by at once:');
    const clock = new ManualClock();
    const nap = clock.sleep(3_600_000).then(() => 'awake');
    await show(() => clock.advance(3_600_000));
    await show(() => nap);
  },
};
