import type { Clock, DynamoTransport, Item, TableDefinition } from '@x/dynamo-core';
import { uncorrected } from '@x/dynamo-core/mechanism';
import { describe, test } from 'vitest';

import type { ClockDeviation } from './client-clock.js';
import { expectNoViolation } from './expectations.js';
import { networkFaults } from './fault-kind.js';
import type { Scenario } from './options.js';
import { sample } from './sample.js';
import type { ServerTimeOptions } from './server-time.js';
import type { World } from './world.js';

/** A machine whose clock is wrong. */
export interface WrongClock {
  readonly deviation: ClockDeviation & ServerTimeOptions;
  /** By how many milliseconds it is set at some moment, also between a request and its answer. */
  readonly setBy?: number;
  /** For how many milliseconds the machine stands still in its mid-life. */
  readonly stopsMs?: number;
}

const minute = 60_000;
const day = 1_440 * minute;
const right = { signed: true };

/** The ways in which clocks are wrong that every primitive is tried under. */
export const wrongClocks: Readonly<Record<string, WrongClock>> = {
  'four minutes behind': { deviation: { ...right, clockOffsetMs: -4 * minute } },
  'four minutes ahead': { deviation: { ...right, clockOffsetMs: 4 * minute } },
  'two days behind': { deviation: { ...right, clockOffsetMs: -2 * day } },
  'two days ahead': { deviation: { ...right, clockOffsetMs: 2 * day } },
  'two days behind, and told a time that was cached': {
    deviation: { ...right, clockOffsetMs: -2 * day, dateCached: true },
  },
  drifting: { deviation: { ...right, clockOffsetMs: -3_000, driftRate: 100e-6 } },
  'set ahead by four minutes': { deviation: right, setBy: 4 * minute },
  'set back by four minutes': { deviation: right, setBy: -4 * minute },
  'set right from four minutes ahead': {
    deviation: { ...right, clockOffsetMs: 4 * minute },
    setBy: -4 * minute,
  },
  'set right from four minutes behind': {
    deviation: { ...right, clockOffsetMs: -4 * minute },
    setBy: 4 * minute,
  },
  'set ahead by two days': { deviation: right, setBy: 2 * day },
  'set back by two days': { deviation: right, setBy: -2 * day },
  'standing still for a minute': { deviation: right, stopsMs: minute },
};

/** What a program works with, on a machine with this clock. */
interface Machine {
  readonly dynamo: DynamoTransport;
  readonly clock: Clock;
  /** Whether to correct the clock by DynamoDB's answers. */
  readonly serverClock: boolean;
}

/** Something that lives for a time, as a primitive keeps it. */
export interface Mortal {
  /** Begins what lives under `id`, which nothing does: `livesMs` from now on, in whole seconds. */
  readonly begin: (machine: Machine, id: string, livesMs: number) => Promise<void>;
  /** Whether something lives under `id`, by a write if the primitive has one that asks so. */
  readonly lives: (machine: Machine, id: string) => Promise<boolean>;
}

/** How long what is tried lives: longer than the first request of a process may be wrong by. */
const livesMs = 20 * minute;
/** A signature that is further off is refused. */
const firstMsMax = 5 * minute;
/** `Date` is up to two seconds old, an answer comes up to three late, and expiries are rounded. */
const knownMsMax = 7_000;

type Step = (typeof steps)[number];

const steps = ['live', 'dead', 'new'] as const;

/** Tries what a package keeps for a time on machines with each of the clocks. Answers may come three seconds late. */
export function describeMortality(
  mortals: Readonly<Record<string, Mortal>>,
  tables: readonly TableDefinition[],
  runs = 30,
): void {
  const bounds = { ticks: [3_000], seed: 12, runs, faultsMax: 1, faults: networkFaults, tables };
  describe.each(Object.entries(wrongClocks))('a clock %s', { timeout: 60_000 }, (name, clock) => {
    describe.each(Object.entries(mortals))('and %s,', (what, mortal) => {
      test.each(steps)('first one that is %s', async (first) => {
        const options = { ...bounds, name: `${name}, ${what}, ${first}` };
        expectNoViolation(await sample(mortality(mortal, clock, first), options));
      });
    });
  });
}

/**
 * A machine whose clock is wrong works with what others began: it finds alive what is, and dead what
 * is. What it begins itself ends when it should: its first request after its clock went wrong may be
 * off by the five minutes that signatures bear, each later one by what an answer leaves open.
 *
 * @param first which request the process begins with
 */
function mortality({ begin, lives }: Mortal, clock: WrongClock, first: Step): Scenario {
  return workWith(clock, [first, ...steps], async (world, machine, { id, what, msMax }) => {
    if (what === 'live') {
      await begin(machineAt(world), id, livesMs);
      if (!(await lives(machine, id))) world.fail(`${id}: what lives is dead to it`);
    } else if (what === 'dead') {
      await begin(machineAt(world, -2 * livesMs), id, livesMs);
      if (await lives(machine, id)) world.fail(`${id}: what is dead lives to it`);
    } else {
      const before = world.nowMs;
      await begin(machine, id, livesMs);
      const after = world.nowMs;
      const [early, late] = [before - world.nowMs - msMax(), after - world.nowMs + msMax()];
      if (!(await lives(machineAt(world, early + livesMs), id))) {
        world.fail(`${id}: it dies more than ${msMax()} ms too early`);
      } else if (await lives(machineAt(world, late + livesMs), id)) {
        world.fail(`${id}: it lives more than ${msMax()} ms too long`);
      }
    }
  });
}

/** Counts once under `id`, which nothing does, and says of that row from when to when its window is. */
export type Windowed = (
  machine: Machine,
  id: string,
  rows: () => readonly Item[],
) => Promise<{ readonly startMs: number; readonly endMs: number }>;

/** A midnight of UTC: windows of every length begin there that a day is a multiple of. */
const borderMs = 1_700_006_400_000;

/**
 * Tries what a package counts in windows of the clock on machines with each of the clocks, before and
 * after a border: each change counts where it was made.
 */
export function describeWindows(
  windows: Readonly<Record<string, Windowed>>,
  table: TableDefinition,
): void {
  const bounds = { ticks: [3_000], seed: 13, runs: 10, faultsMax: 1, tables: [table] };
  const rows = (world: World) => (): readonly Item[] => world.rows(table.name);
  describe.each(Object.entries(wrongClocks))('a clock %s', { timeout: 60_000 }, (name, clock) => {
    test.each(Object.entries(windows))('and %s', async (what, count) => {
      const counts = workWith(clock, steps, async (world, machine, { id, msMax }) => {
        const before = world.nowMs;
        const { startMs, endMs } = await count(machine, id, rows(world));
        if (endMs > before - msMax() && startMs <= world.nowMs + msMax()) return;
        world.fail(`${id}: counted from ${startMs} to ${endMs}, at ${before} to ${world.nowMs}`);
      });
      for (const besideMs of [-3 * minute, -2_000, 2_000, 3 * minute]) {
        const options = { ...bounds, startMs: borderMs + besideMs, name: `${name}, ${what}` };
        expectNoViolation(await sample(counts, options));
      }
    });
  });
}

/** One thing that a machine does. */
interface Work<W extends string> {
  readonly id: string;
  readonly what: W;
  /** How far off its times may be. */
  readonly msMax: () => number;
}

/** A machine does these things by a clock that is wrong, and again when that deviates anew. */
function workWith<W extends string>(
  { deviation, setBy = 0, stopsMs }: WrongClock,
  works: readonly W[],
  act: (world: World, machine: Machine, work: Work<W>) => Promise<void>,
): Scenario {
  return (world) => {
    const client = world.client('A', deviation);
    const { dynamo, clock } = client;
    const machine = { dynamo, clock, serverClock: true };

    /** How often its clock went wrong, and how often it had when the request before began. */
    let [errors, known] = [0, -1];
    const msMax = (): number => (errors === known ? knownMsMax : firstMsMax);

    async function goWrong(): Promise<void> {
      if (stopsMs !== undefined) await client.suspendFor(stopsMs);
      if (setBy !== 0) client.jumpClock(setBy);
      errors++;
    }

    client.run(async () => {
      for (const phase of ['first', 'in mid-life']) {
        if (phase !== 'first') {
          // A call under way cannot tell a clock that is set by days from a machine that stood still.
          if (stopsMs !== undefined || Math.abs(setBy) > firstMsMax) await goWrong();
          else if (setBy !== 0) client.run(goWrong);
        }
        for (const [index, what] of works.entries()) {
          const errorsBefore = errors;
          await act(world, machine, { id: `${phase}-${index}-${what}`, what, msMax });
          known = errorsBefore;
        }
      }
    });
  };
}

/** A machine whose clock is right, or was so at another time, and whose requests are never late. */
function machineAt(world: World, offsetMs = 0): Machine {
  const clock: Clock = {
    now: () => world.nowMs + offsetMs,
    monotonic: () => world.nowMs,
    sleep: () => Promise.resolve(),
  };
  return { dynamo: world.store, clock: uncorrected(clock), serverClock: false };
}
