import type { Clock, DynamoTransport, Random, TableDefinition } from '@x/dynamo-core';
import { test } from 'vitest';

import { expectNoViolation } from './expectations.js';
import { networkFaults } from './fault-kind.js';
import type { SampleOptions, Scenario } from './options.js';
import { sample } from './sample.js';
import { isSimulatedNetworkError } from './simulated-network-error.js';
import { wrongClocks, type WrongClock } from './wrong-clocks.js';

/** What is held for a time, as a primitive gives it. */
export interface HeldLease {
  readonly remainingMs: number;
  /** What only ends, or is renewed by itself, has none. */
  renew?(): Promise<unknown>;
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
const lossErrors = ['LockLostError', 'LockTimeoutError', 'DoOnceInProgressError'];

/** Options of `sample` for `rivals`: any order of requests, or what they take, now and then up to three seconds. */
export function rivalOptions(name: string, isTimed = false): SampleOptions {
  const ticks = [rivalLeaseMs / 2, rivalLeaseMs, 3_000];
  if (!isTimed) return { name, ticks, seed: 13, runs: 18, faultsMax: 1, faults: networkFaults };
  const latencyMs = (unit: () => number): number => Math.ceil(unit() * (unit() < 0.1 ? 1_500 : 20));
  return { name: `${name}, timed`, seed: 7, runs: 75, latencyMs };
}

/** What rivals are tried with. */
export interface RivalsOptions {
  /** Whether requests take their time. @default false */
  readonly isTimed?: boolean;
  /** How many may hold it at once. @default 1 */
  readonly n?: number;
}

/** Takes what is held; `undefined` where there is nothing to take any more. */
export type Take = (rival: Rival, signal: AbortSignal) => Promise<HeldLease | undefined>;

/** Tries that no more than `n` hold what a primitive gives, where one has each of the clocks. */
export function describeRivals(take: Take, table: TableDefinition, n = 1): void {
  for (const isTimed of [false, true]) {
    const when = isTimed ? 'where requests take their time, ' : '';
    test.each(Object.entries(wrongClocks))(
      `${when}with a clock %s`,
      { timeout: 60_000 },
      async (name, clock) => {
        const options = { ...rivalOptions(name, isTimed), tables: [table] };
        expectNoViolation(await sample(rivals(take, clock, { isTimed, n }), options));
      },
    );
  }
}

/**
 * Machines that want the same: one whose clock is wrong, or is set while it asks for it or holds it,
 * and `n + 1` whose clocks are right. At most `n` may believe at any moment that they hold it.
 */
export function rivals(
  take: Take,
  { deviation, setBy, stopsMs }: WrongClock,
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
      const isWrong = holder === 'wrong';
      const client = world.client(holder, isWrong ? deviation : { signed: true });
      const { dynamo, clock, random } = client;
      /** Up to so long later, or at any moment. */
      const waits = (msMax: number): Promise<void> =>
        isTimed ? clock.sleep(world.unit() * msMax) : client.step('goes on');
      const later = (msMax: number, happen: () => unknown): void =>
        client.run(async () => (await waits(msMax), happen()));
      const givesUp = new AbortController();
      const work = async (): Promise<void> => {
        if (isTimed) {
          await waits(1.5 * rivalLeaseMs);
          later(200, () => world.unit() < 0.2 && givesUp.abort(gaveUp));
        }
        if (isWrong && setBy !== undefined) {
          const msMax = world.unit() < 0.5 ? 100 : 2.5 * rivalLeaseMs;
          later(msMax, () => client.jumpClock(setBy));
        }
        const lease = await take(
          { dynamo, clock, random, holder, skewToleranceMs },
          givesUp.signal,
        );
        if (lease === undefined) return;
        const holding = { holder, lease };
        held.push(holding);
        client.log('HOLDS it');
        await waits(1.5 * rivalLeaseMs);
        if (isWrong && stopsMs !== undefined) {
          // A machine that stands still does nothing, and cannot know how long.
          held.splice(held.indexOf(holding), 1);
          await client.suspendFor(stopsMs);
        }
        if (isWrong && lease.renew !== undefined) {
          await lease.renew();
          if (!held.includes(holding)) held.push(holding);
          await waits(1.5 * rivalLeaseMs);
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
