import { numberOf, type Clock } from '@x/dynamo-core';
import {
  expectNoViolation,
  expectViolation,
  isSimulatedNetworkError,
  networkFaults,
  sample,
  type ClockDeviation,
  type SampleOptions,
  type Scenario,
  type World,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { DynamoSemaphore, LockLostError, semaphoresTable, type HeldPermit } from '../src/index.js';

const n = 2;
const bounds: SampleOptions = {
  tables: [semaphoresTable],
  ticks: [1_500, 4_000],
  faults: [...networkFaults, 'crash'],
  faultsMax: 3,
  seed: 5,
  runs: 200,
};
/** Clocks that differ by at most 400 ms. */
const within: Record<string, ClockDeviation> = {
  A: { clockOffsetMs: 200 },
  B: { clockOffsetMs: -200 },
  C: {},
};
/** A client whose clock is a minute ahead finds every lease over. */
const apart: Record<string, ClockDeviation> = { A: {}, B: {}, C: { clockOffsetMs: 60_000 } };

/** Each client takes a place, works, renews it, works on, and gives it back. */
function scenario(clients: Record<string, ClockDeviation>): Scenario {
  return (world) => {
    const held: { client: string; permit: HeldPermit }[] = [];
    world.always(() => moreThan(n, held));
    world.always(() => miscounted(world));
    for (const [name, deviation] of Object.entries(clients)) {
      const client = world.client(name, deviation);
      const { dynamo, clock, random } = client;
      const options = {
        dynamo,
        clock: withoutBounds(clock),
        random,
        skewToleranceMs: 500,
        holder: name,
      };
      const semaphore = new DynamoSemaphore({ ...options, tableName: 'semaphores' });
      const round = async (): Promise<void> => {
        const permit = await semaphore.tryAcquire('k', { n, leaseMs: 2_000 });
        if (permit === undefined) return;
        client.log(`HOLDS a place with fence ${permit.fence}`);
        if (held.some((other) => other.permit.fence === permit.fence)) {
          world.fail(`fence ${permit.fence} was given out twice`);
        }
        held.push({ client: name, permit });
        await client.step('works');
        await permit.renew();
        await client.step('works on');
        await permit.release();
      };
      client.run(() => round().catch(toleratesLoss));
    }
  };
}

/** Bounds of requests never end here: a request without an answer is a fault of its own. */
function withoutBounds(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, options) => {
      if (options?.keepAlive !== false) return clock.sleep(ms, options);
      return new Promise((_, reject) => {
        options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
      });
    },
  };
}

function toleratesLoss(error: unknown): void {
  if (!(error instanceof LockLostError) && !isSimulatedNetworkError(error)) throw error;
}

function moreThan(
  max: number,
  held: readonly { client: string; permit: HeldPermit }[],
): string | undefined {
  const live = held.filter(({ permit }) => permit.remainingMs > 0).map(({ client }) => client);
  return live.length > max ? `Held by ${live.join(' and ')}` : undefined;
}

/** The count of the places must be that of their ends, or one is lost or given out twice. */
function miscounted(world: World): string | undefined {
  const [row = {}] = world.rows('semaphores');
  const ends = Object.keys(row).filter((name) => name.startsWith('e.')).length;
  const taken = numberOf(row, 'taken') ?? 0;
  return taken === ends ? undefined : `Counts ${taken} places of ${ends}`;
}

describe('DynamoSemaphore in random orders with three faults', () => {
  test('never lets more than n hold a place, and counts them rightly', async () => {
    expectNoViolation(await sample(scenario(within), bounds));
  });

  test('lets more than n in where a clock is off by more than the tolerance', async () => {
    expectViolation(await sample(scenario(apart), bounds), 'Held by');
  });
});
