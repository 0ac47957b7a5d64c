import type { Run } from './run-schedule.js';

/** A schedule under which something went wrong, and all that is needed to see it again. */
export interface Violation {
  readonly message: string;
  /** One line per event: time, actor, what happened. */
  readonly trace: readonly string[];
  /** For `SIM_CHOICES`: repeats exactly this schedule. */
  readonly choices: string;
  /** For `SIM_SEED`: the random schedule in which it was first seen, before it was shortened. */
  readonly seed: string | undefined;
  readonly preemptions: number;
  readonly faults: number;
}

/** What came of exploring. */
export interface SimulationResult {
  /** How many schedules were run. */
  readonly runs: number;
  /** Whether every schedule within the bounds was run. Never after a violation or sampling. */
  readonly exhausted: boolean;
  readonly violation: Violation | undefined;
}

/** Makes a violation of a run that has a problem. */
export function violationOf(run: Run, name: string | undefined, seed?: string): Violation {
  const { problem = 'no problem', choices, preemptions, faults } = run;
  return {
    message: problem,
    trace: run.trace(),
    choices: `${name === undefined ? '' : `${name}=`}${encodeChoices(choices)}`,
    seed,
    preemptions,
    faults,
  };
}

/** Trailing zeros go: a replay takes the first option when no choice is left. */
function encodeChoices(choices: readonly number[]): string {
  let length = choices.length;
  while (length > 1 && choices[length - 1] === 0) length--;
  return choices.slice(0, length).join('.');
}
