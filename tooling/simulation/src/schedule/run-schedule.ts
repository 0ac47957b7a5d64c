import type { Clock } from '@x/dynamo-core';
import { preload } from '@x/dynamo-core/mechanism';
import { MemoryDynamo } from '@x/dynamo-testing';

import { breathe, drain } from './drain.js';
import { networkFaults } from './fault-kind.js';
import { Kernel } from './kernel.js';
import type { BoundedOptions, Scenario } from './options.js';
import type { ScheduleOption } from './pending-event.js';
import { seededRandom } from './seeded-random.js';
import { formatTrace } from './trace.js';
import { World } from './world.js';

/** Picks one of the options; `spent` is what the schedule has cost so far. */
export type Choose = (options: readonly ScheduleOption[], spent: number) => number;

/** One schedule that was run. */
export interface Run {
  /** Which option was taken at each step. */
  readonly choices: readonly number[];
  readonly preemptions: number;
  readonly faults: number;
  /** What was violated, if anything. */
  readonly problem: string | undefined;
  /** The trace as readable lines. Costly, so only on demand. */
  readonly trace: () => string[];
}

/** Runs the scenario once in a fresh world, with `choose` as the scheduler. */
export async function runSchedule(
  scenario: Scenario,
  options: BoundedOptions,
  choose: Choose,
): Promise<Run> {
  const { stackTraceLimit } = Error;
  // Faults make errors by the thousand, and nobody reads where.
  Error.stackTraceLimit = 0;
  try {
    return await runOnce(scenario, options, choose);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function runOnce(scenario: Scenario, options: BoundedOptions, choose: Choose): Promise<Run> {
  const { startMs = 1_700_000_000_000, faultsMax = 0, stepsMax = 1000, ticks = [] } = options;
  const { tables = [], preemptionsMax, faults = networkFaults, repeatsMax = 3 } = options;
  const { start = [0, 0], latencyMs } = options;
  const unit = seededRandom(...start);
  await breathe();
  // A run has no turn of the event loop for it.
  await preload();
  const kernel = new Kernel({
    startMs,
    preemptionsMax,
    faultsMax,
    ticksMs: ticks,
    latencyMs: latencyMs && (() => latencyMs(unit)),
  });
  const store = new MemoryDynamo({ clock: trueClock(kernel) });
  for (const table of tables) store.createTable(table);
  const world = new World({ kernel, store, unit, faults: new Set(faults), repeatsMax });
  const choices: number[] = [];

  world.start('scenario', async () => scenario(world, (m) => world.fail(m)));
  await drain();
  while (world.problem === undefined) {
    if (world.unfinished.length === 0 && kernel.isQuiet()) {
      await world.checkEnd();
      break;
    }
    const possible = kernel.options();
    if (possible.length === 0) {
      world.fail(`Deadlock: nothing can happen and ${listOf(world.unfinished)} did not end`);
    } else if (choices.length >= stepsMax) {
      world.fail(`Endless: ${listOf(world.unfinished)} did not end within ${stepsMax} events`);
    } else {
      const choice = choose(possible, kernel.preemptions + kernel.faults);
      const option = possible[choice];
      if (option === undefined) throw new RangeError(`Cannot take option ${choice}`);
      choices.push(choice);
      kernel.take(option);
      await drain();
      world.checkInvariants();
    }
  }
  return {
    choices,
    preemptions: kernel.preemptions,
    faults: kernel.faults,
    problem: world.problem,
    trace: () => formatTrace(kernel.trace),
  };
}

/** What the store takes for its time. It cannot sleep: a store acts at once. */
function trueClock(kernel: Kernel): Clock {
  return {
    now: () => kernel.nowMs,
    monotonic: () => kernel.nowMs - kernel.startMs,
    sleep: () => Promise.reject(new Error('Cannot sleep in the store of a simulation')),
  };
}

function listOf(clients: readonly string[]): string {
  return clients.length === 0 ? 'a timer' : clients.join(', ');
}
