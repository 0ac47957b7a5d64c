import type { Clock, DynamoTransport, Random } from '@x/dynamo-core';

import { networkFaults } from './fault-kind.js';
import type { SampleOptions, Scenario } from './options.js';
import { isSimulatedNetworkError } from './simulated-network-error.js';
import type { WrongClock } from './wrong-clocks.js';

/** What is held for a time, as a primitive gives it. */
export interface HeldLease {
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
  readonly skewToleranceMs: number;
}

/** How long what is tried is held: an answer may come seconds late. */
export const rivalLeaseMs = 20_000;
const gaveUp = new Error('It takes too long');
const lossErrors = ['LockLostError', 'LockTimeoutError'];

/** Options of `sample` for `rivals`. */
export function rivalOptions(name: string): SampleOptions {
  const ticks = [rivalLeaseMs / 2, rivalLeaseMs, 3_000];
  return { name, ticks, seed: 13, runs: 30, faultsMax: 1, faults: networkFaults };
}

/** The same for `rivals` that are timed: now and then a request takes up to `lateMsMax`, there and back. */
export function timedRivalOptions(name: string, lateMsMax = 3_000): SampleOptions {
  const latencyMs = (unit: () => number): number =>
    Math.ceil(unit() * (unit() < 0.1 ? lateMsMax / 2 : 20));
  return { name: `${name}, timed`, seed: 7, runs: 150, latencyMs };
}

/** What rivals are tried with. */
export interface RivalsOptions {
  /** Whether requests take their time. @default false */
  readonly isTimed?: boolean;
  /** How many may hold it at once. @default 1 */
  readonly n?: number;
}

/**
 * Machines that want the same: one whose clock is wrong, and goes wrong while it asks for it or holds it,
 * and `n + 1` whose clocks are right. At most `n` may believe at any moment that they hold it.
 */
export function rivals(
  take: (rival: Rival, signal: AbortSignal) => Promise<HeldLease>,
  { deviation, inMidLife, setBy }: WrongClock,
  { isTimed = false, n = 1 }: RivalsOptions = {},
): Scenario {
  // Where answers may come at any time, what a `Date` leaves open and an answer that comes late.
  const skewToleranceMs = isTimed ? 250 : 5_500;
  return (world) => {
    const held: { readonly holder: string; readonly lease: HeldLease }[] = [];
    world.always(() => {
      const live = held.filter(({ lease }) => lease.remainingMs > 0).map(({ holder }) => holder);
      return live.length > n ? `Held by ${live.join(' and ')}` : undefined;
    });
    const right = Array.from({ length: n + 1 }, (_, index) => `right ${index + 1}`);
    for (const holder of ['wrong', ...right]) {
      const client = world.client(holder, holder === 'wrong' ? deviation : { signed: true });
      const { dynamo, clock, random } = client;
      const works = (): Promise<void> =>
        isTimed ? clock.sleep(world.unit() * 1.5 * rivalLeaseMs) : client.step('works');
      const givesUp = new AbortController();
      const work = async (): Promise<void> => {
        if (isTimed) {
          await works();
          const later = clock.sleep(world.unit() * 200);
          later.then(
            () => world.unit() < 0.2 && givesUp.abort(gaveUp),
            (error: unknown) => world.fail(String(error)),
          );
        }
        if (holder === 'wrong' && setBy !== undefined) {
          const moment = isTimed
            ? clock.sleep(world.unit() * 100)
            : client.step('is about to be set');
          moment.then(
            () => client.jumpClock(setBy),
            (error: unknown) => world.fail(String(error)),
          );
        }
        const lease = await take(
          { dynamo, clock, random, holder, skewToleranceMs },
          givesUp.signal,
        );
        const holding = { holder, lease };
        held.push(holding);
        client.log('HOLDS it');
        await works();
        if (holder === 'wrong' && inMidLife !== undefined) {
          // A machine that stands still does nothing, and cannot know how long.
          held.splice(held.indexOf(holding), 1);
          await inMidLife(client);
          await lease.renew();
          held.push(holding);
          await works();
        }
        await lease.release();
      };
      client.run(() =>
        work().catch((error: unknown) => {
          const isLoss = lossErrors.includes((error as Error).name);
          if (error !== gaveUp && !isLoss && !isSimulatedNetworkError(error)) throw error;
        }),
      );
    }
  };
}
