import type { Clock, DynamoTransport, Random } from '@x/dynamo-core';

import { networkFaults } from './fault-kind.js';
import type { SampleOptions, Scenario } from './options.js';
import { isSimulatedNetworkError } from './simulated-network-error.js';
import type { WrongClock } from './wrong-clocks.js';

/** What is held for a time, as a primitive gives it. */
export interface Tenure {
  readonly remainingMs: number;
  renew(): Promise<unknown>;
  release(): Promise<unknown>;
}

/** What a program works with on one machine. */
export interface Rival {
  readonly dynamo: DynamoTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly holder: string;
  /** What a `Date` leaves open, and an answer that comes late. */
  readonly skewToleranceMs: number;
}

/** How long what is tried is held: an answer may come seconds late. */
export const tenureMs = 20_000;
const lossErrors = ['LockLostError', 'LockTimeoutError'];

/** Options of `sample` for `rivals`. */
export function rivalOptions(name: string): SampleOptions {
  const ticks = [tenureMs / 2, tenureMs, 3_000];
  return { name, ticks, seed: 13, runs: 30, faultsMax: 1, faults: networkFaults };
}

/**
 * Machines that want the same: one whose clock is wrong, and goes wrong while it holds it, and two
 * whose clocks are right. At most one may believe at any moment that it holds it.
 */
export function rivals(
  take: (rival: Rival) => Promise<Tenure>,
  { deviation, inMidLife }: WrongClock,
): Scenario {
  return (world) => {
    const held: { readonly holder: string; readonly tenure: Tenure }[] = [];
    world.always(() => {
      const live = held.filter(({ tenure }) => tenure.remainingMs > 0).map(({ holder }) => holder);
      return live.length > 1 ? `Held by ${live.join(' and ')}` : undefined;
    });
    for (const holder of ['wrong', 'right', 'right, too']) {
      const client = world.client(holder, holder === 'wrong' ? deviation : { signed: true });
      const { dynamo, clock, random } = client;
      const work = async (): Promise<void> => {
        const tenure = await take({ dynamo, clock, random, holder, skewToleranceMs: 5_500 });
        const holding = { holder, tenure };
        held.push(holding);
        client.log('HOLDS it');
        await client.step('works');
        if (holder === 'wrong' && inMidLife !== undefined) {
          // A machine that stands still does nothing, and cannot know how long.
          held.splice(held.indexOf(holding), 1);
          await inMidLife(client);
          await tenure.renew();
          held.push(holding);
          await client.step('works on');
        }
        await tenure.release();
      };
      client.run(() =>
        work().catch((error: unknown) => {
          const isLoss = lossErrors.includes((error as Error).name);
          if (!isLoss && !isSimulatedNetworkError(error)) throw error;
        }),
      );
    }
  };
}
