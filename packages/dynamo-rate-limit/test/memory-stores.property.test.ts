import type { FastifyRateLimitOptions } from '@fastify/rate-limit';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { MemoryStore, type ClientRateLimitInfo, type Options } from 'express-rate-limit';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { expressStore } from '../src/express.js';
import { fastifyStore } from '../src/fastify.js';
import { nestStorage } from '../src/nest.js';

// Beside each store stands that of the framework in memory, and time goes on between the hits: windows
// turn, blocks end.

const steps = 60;
const seeds = [1, 2, 3, 4, 5];
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
});
afterEach(() => vi.useRealTimers());

async function advance(ms: number): Promise<void> {
  await clock.advance(Math.floor(ms));
  vi.setSystemTime(clock.now());
}

function open() {
  const dynamo = new MemoryDynamo({ clock });
  const tableName = dynamo.createTable(partitionedKeysTable, 'hits');
  return { dynamo, tableName, clock, timeoutMs: 1e9 };
}

/** Draws from a list, the same in each run. */
function drawing(seed: number) {
  const random = seededRandom(seed);
  return {
    unit: () => random.unit(),
    pick: <T>(list: readonly T[]): T => list[Math.floor(random.unit() * list.length)] as T,
  };
}

test.each(seeds)('expressStore() counts as the store in memory: seed %i', async (seed) => {
  const { unit, pick } = drawing(seed);
  const windowMs = pick([1_000, 60_000]);
  const [ours, memory] = [expressStore(open()), new MemoryStore()];
  for (const store of [ours, memory]) await store.init?.({ windowMs } as Options);
  // What has ended the store in memory says for a while.
  const living = (hits: ClientRateLimitInfo | undefined) =>
    Number(hits?.resetTime) > clock.now() ? { ...hits } : undefined;
  for (let step = 0; step < steps; step++) {
    const client = pick(['a', 'b']);
    const change = pick(['increment', 'increment', 'increment', 'decrement', 'resetKey', 'get']);
    const isLiving = living(await memory.get(client)) !== undefined;
    const answers: unknown[] = [];
    for (const store of [ours, memory]) {
      if (change === 'increment') answers.push({ ...(await store.increment(client)) });
      if (change === 'resetKey') await store.resetKey(client);
      // In memory, a hit that is given back before the first one begins a window.
      if (change === 'decrement' && isLiving) await store.decrement(client);
    }
    expect(answers[0], `step ${step}`).toEqual(answers[1]);
    const said = living(await ours.get?.(client));
    expect(said, `step ${step}`).toEqual(living(await memory.get(client)));
    await advance(unit() * windowMs * 0.3);
  }
  memory.shutdown();
});

interface Answer {
  readonly current: number;
  readonly ttl: number;
}
interface FastifyStore {
  incr(client: string, callback: Callback, timeWindow: number, max: number): void;
  read(client: string, callback: Callback, timeWindow: number, max: number): void;
}
type Callback = (error: Error, answer?: Answer) => void;

const LocalStore = createRequire(createRequire(import.meta.url).resolve('@fastify/rate-limit'))(
  './store/LocalStore.js',
) as new (continueExceeding?: boolean) => FastifyStore;

test.each(seeds)('fastifyStore() counts as the store in memory: seed %i', async (seed) => {
  const { unit, pick } = drawing(seed);
  const [timeWindow, max] = [pick([1_000, 60_000]), pick([1, 3])];
  const continueExceeding = pick([true, false]);
  const Store = fastifyStore(open()) as unknown as new (
    options: FastifyRateLimitOptions,
  ) => FastifyStore;
  const stores = [new Store({ continueExceeding }), new LocalStore(continueExceeding)];
  for (let step = 0; step < steps; step++) {
    const [client, method] = [pick(['a', 'b']), pick(['incr', 'incr', 'read'] as const)];
    const answers = stores.map(async (store) => {
      const { current, ttl } = await new Promise<Answer>((resolve, reject) => {
        const callback: Callback = (error, answer) => (answer ? resolve(answer) : reject(error));
        store[method](client, callback, timeWindow, max);
      });
      // Of what is refused only a ban looks at the count: ours begins anew with each window.
      return [current > max ? 'refused' : current, ttl];
    });
    const [ours, memory] = await Promise.all(answers);
    expect(ours, `step ${step}`).toEqual(memory);
    await advance(unit() * timeWindow * 0.4);
  }
});

test.each(seeds)('nestStorage() counts as the storage in memory: seed %i', async (seed) => {
  const { unit, pick } = drawing(seed);
  const [ttl, limit] = [pick([1_000, 60_000]), pick([1, 3, 10])];
  for (const blockDuration of [0, 500, 1_000, 90_000]) {
    const [ours, memory] = [nestStorage(open()), new ThrottlerStorageService()];
    for (let step = 0; step < steps; step++) {
      const client = pick(['a', 'b']);
      const answers = [ours, memory].map(async (storage) => {
        const said = await storage.increment(client, ttl, limit, blockDuration, 'default');
        // What the guard says of a hit that is refused is when the block ends.
        return said.isBlocked ? ['refused', said.timeToBlockExpire] : said.totalHits;
      });
      const [one, other] = await Promise.all(answers);
      expect(one, `step ${step}, block ${blockDuration}`).toEqual(other);
      await advance(unit() * ttl * pick([0.05, 0.3, 0.6]));
    }
    memory.onApplicationShutdown();
  }
});
