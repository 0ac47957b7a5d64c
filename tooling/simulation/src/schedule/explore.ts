import { noteFigures } from '../note-figures.js';
import type { BoundedOptions, ExploreOptions, Scenario } from './options.js';
import { replayFromEnvironment, scaleFromEnvironment } from './replay.js';
import { runSchedule, type Run } from './run-schedule.js';
import { violationOf, type SimulationResult } from './simulation-result.js';

/** The beginning of a schedule that is still to be run: `length` choices of `of`, then `last`. */
interface Prefix {
  readonly of: readonly number[];
  readonly length: number;
  readonly last: number;
}

/**
 * Runs every schedule of the scenario within the bounds, each exactly once: a schedule is repeated
 * up to some step, takes another option there, and goes on with the plainest ones. Those with the
 * fewest preemptions and faults come first, so the first violation is a simple one.
 *
 * `SIM_SCALE=10` allows ten times as many runs.
 */
export async function explore(
  scenario: Scenario,
  options: ExploreOptions,
): Promise<SimulationResult> {
  const { preemptionsMax = 2 } = options;
  const runsMax = (options.runsMax ?? 100_000) * scaleFromEnvironment();
  const bounded = { ...options, preemptionsMax };
  const repeated = await replayFromEnvironment(scenario, bounded);
  if (repeated !== undefined) return repeated;

  const frontier = new Frontier();
  let runs = 0;
  let failed: Run | undefined;
  while (!frontier.isEmpty && failed === undefined && runs < runsMax) {
    const run = await runPrefix(scenario, bounded, frontier.take(), frontier);
    runs++;
    if (run.problem !== undefined) failed = run;
  }
  const exhausted = failed === undefined && frontier.isEmpty;
  const found = failed !== undefined;
  noteFigures({ kind: 'explore', name: options.name, count: runs, exhausted, found });
  return { runs, exhausted, violation: failed && violationOf(failed, options.name) };
}

async function runPrefix(
  scenario: Scenario,
  options: BoundedOptions,
  prefix: Prefix,
  frontier: Frontier,
): Promise<Run> {
  let step = 0;
  const branches: { at: number; costs: number[] }[] = [];
  const run = await runSchedule(scenario, options, (possible, spent) => {
    const at = step++;
    if (at < prefix.length) return prefix.of[at] ?? 0;
    if (at === prefix.length) return prefix.last;
    if (possible.length > 1) {
      const costs = possible.map(
        ({ preemptions, fault }) => spent + preemptions + (fault === undefined ? 0 : 1),
      );
      branches.push({ at, costs });
    }
    return 0;
  });
  // The last branch ends up on top: depth first keeps the frontier small.
  for (const { at, costs } of branches) {
    for (let choice = costs.length - 1; choice > 0; choice--) {
      frontier.add({ of: run.choices, length: at, last: choice }, costs[choice] ?? 0);
    }
  }
  return run;
}

/** The prefixes that are still to be run, by what they cost. */
class Frontier {
  // The first schedule takes the plainest option everywhere.
  readonly #byCost: Prefix[][] = [[{ of: [], length: -1, last: 0 }]];

  get isEmpty(): boolean {
    return this.#byCost.every((prefixes) => prefixes.length === 0);
  }

  add(prefix: Prefix, cost: number): void {
    while (this.#byCost.length <= cost) this.#byCost.push([]);
    this.#byCost[cost]?.push(prefix);
  }

  /** Takes out one of the cheapest. */
  take(): Prefix {
    const prefix = this.#byCost.find((prefixes) => prefixes.length > 0)?.pop();
    if (prefix === undefined) throw new RangeError('Cannot take a prefix: none is left');
    return prefix;
  }
}
