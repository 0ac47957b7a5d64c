import { expect, test } from 'vitest';

import { explore, expectNoViolation, expectViolation, type Scenario } from '@x/simulation';

import { TinyLock, type TinyLease } from './tiny-lock.js';
import { tinyStore } from './tiny-store.js';

const store = tinyStore;

function lockScenario({ checksToken, clients }: { checksToken: boolean; clients: string[] }): Scenario {
  return (world) => {
    const held = new Map<string, TinyLease>();
    world.always(() => {
      const live = [...held].filter(([, { untilMs }]) => untilMs > world.nowMs);
      return live.length > 1 ? `${live.map(([name]) => name).join(' and ')} hold it` : undefined;
    });
    for (const name of clients) {
      const client = world.client(name);
      const lock = new TinyLock(client, checksToken);
      client.run(async () => {
        const lease = await lock.tryAcquire();
        if (lease === undefined) return;
        held.set(name, lease);
        await client.step('works');
        held.delete(name);
        await lock.release(lease);
      });
    }
  };
}

test('explore() finds the shortest way in which a naive lock lets two clients in', async () => {
  const scenario = lockScenario({ checksToken: false, clients: ['A', 'B', 'C'] });
  const result = await explore(scenario, { store, ticks: [11], preemptionsMax: 3 });
  console.log(result);
  const violation = expectViolation(result, 'hold it');
  expect(violation.trace).toEqual([]);
});

test('explore() exhausts the schedules of a lock that checks its token', async () => {
  const scenario = lockScenario({ checksToken: true, clients: ['A', 'B', 'C'] });
  const result = await explore(scenario, { store, ticks: [11], preemptionsMax: 3, faultsMax: 0 });
  console.log(result);
  expectNoViolation(result, { exhaustive: true });
});
