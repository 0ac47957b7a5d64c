import { noteFigures } from '../note-figures.js';

/** A protocol as a state machine. States are plain JSON data with a fixed order of their fields. */
export interface ProtocolModel<State> {
  readonly init: State;
  /** Everything that can happen in `state`, each with a name and what it leads to. */
  readonly next: (state: State) => readonly (readonly [action: string, to: State])[];
  /** What must hold in every state. */
  readonly invariants: Readonly<Record<string, (state: State) => boolean>>;
}

/** What `checkModel` found. */
export interface ModelResult {
  /** How many different states were reached. */
  readonly states: number;
  /** The invariant that does not hold, or `undefined` when all hold in every state. */
  readonly violated: string | undefined;
  /** The actions of a shortest way to the violation; empty without one. */
  readonly trace: readonly string[];
}

/** How a state was reached first. */
interface Step {
  readonly from: string | undefined;
  readonly action: string;
}

/**
 * Visits every state of a model, nearest first, so that no counterexample is longer than it must be.
 *
 * Throws a `RangeError` when there are more than `statesMax` states: the answer would mean nothing.
 */
export function checkModel<State>(
  model: ProtocolModel<State>,
  { statesMax = 2_000_000 }: { readonly statesMax?: number } = {},
): ModelResult {
  const keyOf = (state: State): string => JSON.stringify(state);
  const violatedBy = (state: State): string | undefined =>
    Object.entries(model.invariants).find(([, holds]) => !holds(state))?.[0];

  const steps = new Map<string, Step>([[keyOf(model.init), { from: undefined, action: '' }]]);
  const failedAtOnce = violatedBy(model.init);
  if (failedAtOnce !== undefined) return { states: 1, violated: failedAtOnce, trace: [] };

  let frontier = [model.init];
  while (frontier.length > 0) {
    const reached: State[] = [];
    for (const state of frontier) {
      const from = keyOf(state);
      for (const [action, to] of model.next(state)) {
        const key = keyOf(to);
        if (steps.has(key)) continue;
        steps.set(key, { from, action });
        const violated = violatedBy(to);
        if (violated !== undefined) {
          note(steps.size, true);
          return { states: steps.size, violated, trace: traceTo(key, steps) };
        }
        if (steps.size > statesMax) throw new RangeError(`Cannot visit over ${statesMax} states`);
        reached.push(to);
      }
    }
    frontier = reached;
  }
  note(steps.size, false);
  return { states: steps.size, violated: undefined, trace: [] };
}

function note(count: number, found: boolean): void {
  noteFigures({ kind: 'model', name: undefined, count, exhausted: !found, found });
}

function traceTo(key: string, steps: ReadonlyMap<string, Step>): string[] {
  const trace: string[] = [];
  for (let step = steps.get(key); step?.from !== undefined; step = steps.get(step.from)) {
    trace.unshift(step.action);
  }
  return trace;
}
