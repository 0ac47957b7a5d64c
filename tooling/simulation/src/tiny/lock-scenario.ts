import type { Scenario } from '../index.js';

import { TinyLock, type TinyLease } from './tiny-lock.js';

/** Each client takes the lock once, works, and releases it; no two may hold it at a time. */
export function lockScenario(clients: readonly string[], checksToken: boolean): Scenario {
  return (world) => {
    const held = new Map<string, TinyLease>();
    world.always(() => {
      const live = [...held].filter(([, { untilMs }]) => untilMs > world.nowMs);
      return live.length > 1 ? `Held by ${live.map(([name]) => name).join(' and ')}` : undefined;
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
