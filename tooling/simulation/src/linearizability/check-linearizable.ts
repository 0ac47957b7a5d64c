import type { Operation, SequentialModel } from './history.js';

/** What `checkLinearizable` found. */
export interface LinearizabilityResult<Input, Output> {
  readonly linearizable: boolean;
  /** How often an operation was tried at some place. */
  readonly steps: number;
  /** The first key whose operations fit into no order, and how far the best one came. */
  readonly conflict?: {
    readonly key: string;
    /** A longest order that works for its operations. */
    readonly placed: readonly Operation<Input, Output>[];
    /** The operations of which none can come next. */
    readonly stuck: readonly Operation<Input, Output>[];
  };
}

/**
 * Whether the operations could have happened one at a time, each at some instant between its call
 * and its return. An operation whose outcome is unknown may have happened at any time after its
 * call, or never.
 *
 * Wing and Gong's search with Lowe's memory of configurations that were tried ("Testing for
 * linearizability", 2017). Fit for about a hundred operations per key; it throws a `RangeError` when
 * `stepsMax` do not suffice, as no answer would be honest.
 */
export function checkLinearizable<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  { stepsMax = 5_000_000 }: { readonly stepsMax?: number } = {},
): LinearizabilityResult<Input, Output> {
  const byKey = new Map<string, Operation<Input, Output>[]>();
  for (const operation of history) {
    const sameKey = byKey.get(operation.key);
    if (sameKey === undefined) byKey.set(operation.key, [operation]);
    else sameKey.push(operation);
  }
  let steps = 0;
  for (const [key, operations] of byKey) {
    const search = new Search(model, operations, stepsMax - steps);
    const linearizable = search.run();
    steps += search.steps;
    if (!linearizable) {
      const { placed, stuck } = search;
      return { linearizable, steps, conflict: { key, placed, stuck } };
    }
  }
  return { linearizable: true, steps };
}

/** Looks for an order of the operations of one key, depth first. */
class Search<State, Input, Output> {
  steps = 0;
  /** The longest order that was found, and what could have come next by its times. */
  placed: readonly Operation<Input, Output>[] = [];
  stuck: readonly Operation<Input, Output>[] = [];
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #operations: readonly Operation<Input, Output>[];
  readonly #stepsMax: number;
  readonly #twins: readonly (number | undefined)[];
  readonly #order: number[] = [];
  readonly #isPlaced: boolean[];
  readonly #tried = new Set<string>();

  constructor(
    model: SequentialModel<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    stepsMax: number,
  ) {
    this.#model = model;
    this.#operations = operations.toSorted((a, b) => a.calledAt - b.calledAt);
    this.#stepsMax = stepsMax;
    this.#twins = twinsOf(this.#operations);
    this.#isPlaced = operations.map(() => false);
  }

  /** Whether the operations that are left fit into some order that begins in this state. */
  run(state: State = this.#model.init): boolean {
    const left = [...this.#operations.keys()].filter((index) => this.#isPlaced[index] !== true);
    const returns = left.map((index) => this.#at(index).returned?.at ?? Infinity);
    const firstReturn = Math.min(...returns);
    // Nothing is left but calls that never returned, and they need not have happened.
    if (firstReturn === Infinity) return true;
    // At the same instant both may have overlapped. What returns first must be among them.
    const next = left.filter((index) => this.#at(index).calledAt <= firstReturn);
    if (next.some((index) => this.#leads(index, state))) return true;
    if (this.stuck.length === 0 || this.#order.length > this.placed.length) {
      this.placed = this.#order.map((index) => this.#at(index));
      this.stuck = next.map((index) => this.#at(index));
    }
    return false;
  }

  /** Tries the operation as the next one, unless that configuration was tried before. */
  #leads(index: number, before: State): boolean {
    if (++this.steps > this.#stepsMax) {
      throw new RangeError(`Cannot decide within ${this.#stepsMax} steps: shorten the history`);
    }
    const { input, returned } = this.#at(index);
    const twin = this.#twins[index];
    if (twin !== undefined && this.#isPlaced[twin] !== true) return false;
    const state = this.#model.step(before, input, returned);
    if (state === undefined) return false;
    this.#isPlaced[index] = true;
    this.#order.push(index);
    const configuration = `${this.#isPlaced.map(Number).join('')} ${this.#model.keyOf(state)}`;
    const isNew = !this.#tried.has(configuration);
    this.#tried.add(configuration);
    if (isNew && this.run(state)) return true;
    this.#order.pop();
    this.#isPlaced[index] = false;
    return false;
  }

  #at(index: number): Operation<Input, Output> {
    return this.#operations[index] as Operation<Input, Output>;
  }
}

/**
 * For each operation of unknown outcome, an earlier one with the same input. Both are the same to
 * everybody, so it is enough to try them in the order of their calls.
 */
function twinsOf<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): (number | undefined)[] {
  const latest = new Map<string, number>();
  return operations.map(({ input, returned }, index) => {
    if (returned !== undefined) return undefined;
    const text = JSON.stringify(input);
    const twin = latest.get(text);
    latest.set(text, index);
    return twin;
  });
}
