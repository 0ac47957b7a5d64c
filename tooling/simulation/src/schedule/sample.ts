import { InvalidInputError } from '@x/dynamo-core';

import { noteFigures } from '../note-figures.js';
import type { BoundedOptions, SampleOptions, Scenario } from './options.js';
import { replay, replayFromEnvironment, scaleFromEnvironment } from './replay.js';
import { runSchedule, type Choose, type Run } from './run-schedule.js';
import { seededRandom } from './seeded-random.js';
import { violationOf, type SimulationResult } from './simulation-result.js';

/** How often a fault is taken while there are any left. */
const faultProbability = 0.1;
/** How many schedules may be tried to shorten one that failed. */
const shrinkRunsMax = 500;

/**
 * Runs random schedules, without a bound on preemptions: for scopes that are too large to explore.
 * A failing one is shortened before it is reported.
 *
 * `SIM_SEED=7` starts from another seed; `SIM_SEED=7:123` runs only the schedule number 123 of it.
 * `SIM_SCALE=10` runs ten times as many.
 */
export async function sample(
  scenario: Scenario,
  options: SampleOptions,
): Promise<SimulationResult> {
  const bounded = { ...options, preemptionsMax: Number.POSITIVE_INFINITY };
  const repeated = await replayFromEnvironment(scenario, bounded);
  if (repeated !== undefined) return repeated;

  const { seed, from, to } = rangeOf(options);
  for (let index = from; index < to; index++) {
    const isTimed = options.latencyMs !== undefined;
    const one: BoundedOptions = { ...bounded, start: [seed, index] };
    const run = await runSchedule(scenario, one, isTimed ? () => 0 : randomly(seed, index));
    if (run.problem === undefined) continue;
    note(options, index - from + 1, true);
    const shortest = await shrink(scenario, one, run);
    const violation = violationOf(shortest, options.name, `${seed}:${index}`);
    return { runs: index - from + 1, exhausted: false, violation };
  }
  note(options, to - from, false);
  return { runs: to - from, exhausted: false, violation: undefined };
}

function note({ name }: SampleOptions, count: number, found: boolean): void {
  noteFigures({ kind: 'sample', name, count, exhausted: false, found });
}

function rangeOf({ seed, runs }: SampleOptions): { seed: number; from: number; to: number } {
  const wanted = process.env['SIM_SEED'];
  const all = runs * scaleFromEnvironment();
  if (wanted === undefined) return { seed, from: 0, to: all };
  const match = /^(\d+)(?::(\d+))?$/.exec(wanted);
  if (match === null) {
    throw new InvalidInputError('SIM_SEED', wanted, 'a number, or two with a colon between them');
  }
  const [, first, index] = match;
  const from = index === undefined ? 0 : Number(index);
  return { seed: Number(first), from, to: index === undefined ? all : from + 1 };
}

function randomly(seed: number, index: number): Choose {
  const random = seededRandom(seed, index);
  const below = (limit: number): number => Math.floor(random() * limit);
  return (possible) => {
    // The faults stand behind the plain options.
    const plain = possible.findIndex(({ fault }) => fault !== undefined);
    if (plain < 0) return below(possible.length);
    if (plain > 0 && below(1000) >= faultProbability * 1000) return below(plain);
    return plain + below(possible.length - plain);
  };
}

/** Replaces choices by the plainest one, and cuts the end, as long as something still fails. */
async function shrink(scenario: Scenario, options: BoundedOptions, failed: Run): Promise<Run> {
  let best = failed;
  let tries = 0;
  for (let improved = true; improved;) {
    improved = false;
    for (let at = 0; at < best.choices.length && tries < shrinkRunsMax; at++) {
      if (best.choices[at] === 0) continue;
      const choices = best.choices.map((choice, index) => (index === at ? 0 : choice));
      const run = await replay(scenario, options, choices);
      tries++;
      if (run.problem !== undefined && weightOf(run) < weightOf(best)) {
        best = run;
        improved = true;
      }
    }
  }
  return best;
}

/** Faults and preemptions make a trace hard to read; then its length does. */
function weightOf({ faults, preemptions, choices }: Run): number {
  return (faults + preemptions) * 1000 + choices.length;
}
