import { InvalidInputError } from '@x/dynamo-core';

import type { BoundedOptions, Scenario } from './options.js';
import { runSchedule, type Run } from './run-schedule.js';
import { violationOf, type SimulationResult } from './simulation-result.js';

/** Runs the schedule of `choices`; a choice that is not possible falls back to the first one. */
export function replay(
  scenario: Scenario,
  options: BoundedOptions,
  choices: readonly number[],
): Promise<Run> {
  let step = 0;
  return runSchedule(scenario, options, (possible) => {
    const choice = choices[step++] ?? 0;
    return choice < possible.length ? choice : 0;
  });
}

/** The result of repeating what `SIM_CHOICES` asks for, or `undefined` when it asks for nothing. */
export async function replayFromEnvironment(
  scenario: Scenario,
  options: BoundedOptions,
): Promise<SimulationResult | undefined> {
  const wanted = process.env['SIM_CHOICES'];
  if (wanted === undefined) return undefined;
  const [first = '', second] = wanted.split('=');
  const [name, digits] = second === undefined ? [undefined, first] : [first, second];
  if (name !== options.name) return undefined;
  if (!/^\d+(\.\d+)*$/.test(digits)) {
    throw new InvalidInputError('SIM_CHOICES', wanted, 'numbers with dots between them');
  }
  const run = await replay(scenario, options, digits.split('.').map(Number));
  const violation = run.problem === undefined ? undefined : violationOf(run, options.name);
  return { runs: 1, exhausted: false, violation };
}

/** By how much `SIM_SCALE` multiplies the number of schedules; 1 when it is not set. */
export function scaleFromEnvironment(): number {
  const wanted = process.env['SIM_SCALE'];
  if (wanted === undefined) return 1;
  if (!/^[1-9]\d{0,5}$/.test(wanted)) {
    throw new InvalidInputError('SIM_SCALE', wanted, 'a whole number from 1 to 999999');
  }
  return Number(wanted);
}
