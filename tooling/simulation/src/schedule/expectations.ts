import { relative } from 'node:path';

import { expect } from 'vitest';

import type { SimulationResult, Violation } from './simulation-result.js';

/**
 * Fails the test when a violation was found, with the trace and the command that repeats it.
 *
 * With `exhaustive` it fails too when the runs did not suffice for every schedule in the bounds.
 */
export function expectNoViolation(
  result: SimulationResult,
  { exhaustive = false }: { readonly exhaustive?: boolean } = {},
): void {
  const { violation, runs, exhausted } = result;
  if (violation !== undefined) {
    expect.fail(`${describe(violation, runs)}\n\nRepeat it with:\n${commandOf(violation)}`);
  }
  if (exhaustive && !exhausted && process.env['SIM_CHOICES'] === undefined) {
    expect.fail(`${runs} schedules did not cover the bounds: raise runsMax or lower the bounds`);
  }
}

/**
 * Fails the test when no violation was found: for mutants, which show that the check can fail. With
 * `message`, the violation must contain it. Returns the violation.
 */
export function expectViolation(result: SimulationResult, message?: string): Violation {
  const { violation, runs } = result;
  if (violation === undefined) return expect.fail(`No violation in ${runs} schedules`);
  if (message !== undefined && !violation.message.includes(message)) {
    expect.fail(`Expected "${message}", and found:\n${describe(violation, runs)}`);
  }
  return violation;
}

function describe({ message, trace, preemptions, faults }: Violation, runs: number): string {
  const found = `found in run ${runs} with ${preemptions} preemptions and ${faults} faults`;
  return [`${message} (${found})`, ...trace].join('\n  ');
}

function commandOf({ choices, seed }: Violation): string {
  const { testPath, currentTestName } = expect.getState();
  const file = testPath === undefined ? '' : ` ${relative(process.cwd(), testPath)}`;
  const test = currentTestName
    ?.split(' > ')
    .at(-1)
    ?.replaceAll(/[^\w ,]/g, '.');
  // Where no choice was made, all that happened is the seed's.
  const how = /(^|=)0$/.test(choices) && seed ? `SIM_SEED='${seed}'` : `SIM_CHOICES='${choices}'`;
  return `${how} npx vitest run${file}${test ? ` -t '${test}'` : ''}`;
}
