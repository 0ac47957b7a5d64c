import { EventList, type CallEvent } from './event-list.js';
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

interface Placed<State> {
  readonly call: CallEvent;
  readonly before: State;
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

class Search<State, Input, Output> {
  steps = 0;
  placed: readonly Operation<Input, Output>[] = [];
  stuck: readonly Operation<Input, Output>[] = [];
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #operations: readonly Operation<Input, Output>[];
  readonly #stepsMax: number;
  readonly #events: EventList;
  readonly #twins: readonly (number | undefined)[];
  readonly #isPlaced: boolean[];
  readonly #tried = new Set<string>();
  readonly #stack: Placed<State>[] = [];
  #state: State;

  constructor(
    model: SequentialModel<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    stepsMax: number,
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#stepsMax = stepsMax;
    this.#events = new EventList(operations);
    this.#twins = twinsOf(operations);
    this.#isPlaced = operations.map(() => false);
    this.#state = model.init;
  }

  run(): boolean {
    let event = this.#events.first;
    for (;;) {
      if (++this.steps > this.#stepsMax) {
        throw new RangeError(`Cannot decide within ${this.#stepsMax} steps: shorten the history`);
      }
      // Nothing is left but calls that never returned, and they need not have happened.
      if (event === undefined || event.at === Number.POSITIVE_INFINITY) return true;
      if (event.kind === 'call') {
        event = this.#place(event) ? this.#events.first : event.next;
        continue;
      }
      // This operation has returned, so it must come before all that is left; but it could not.
      this.#note();
      const last = this.#stack.pop();
      if (last === undefined) return false;
      this.#events.restore(last.call);
      this.#isPlaced[last.call.operation] = false;
      this.#state = last.before;
      event = last.call.next;
    }
  }

  /** Tries the operation as the next one, unless that configuration was tried before. */
  #place(call: CallEvent): boolean {
    const { operation: index } = call;
    const operation = this.#operations[index];
    const twin = this.#twins[index];
    if (operation === undefined || (twin !== undefined && !this.#isPlaced[twin])) return false;
    const state = this.#model.step(this.#state, operation.input, operation.returned);
    if (state === undefined) return false;
    this.#isPlaced[index] = true;
    const bits = this.#isPlaced.map(Number).join('');
    const configuration = `${bits} ${this.#model.keyOf(state)}`;
    if (this.#tried.has(configuration)) {
      this.#isPlaced[index] = false;
      return false;
    }
    this.#tried.add(configuration);
    this.#stack.push({ call, before: this.#state });
    this.#state = state;
    this.#events.lift(call);
    return true;
  }

  /** Remembers the longest order so far, and what it is stuck on. */
  #note(): void {
    const isLonger = this.stuck.length === 0 || this.#stack.length > this.placed.length;
    if (!isLonger) return;
    const at = (index: number): Operation<Input, Output>[] =>
      this.#operations.slice(index, index + 1);
    this.placed = this.#stack.flatMap(({ call }) => at(call.operation));
    this.stuck = this.#events.callsBeforeFirstReturn().flatMap(at);
  }
}

/**
 * For each operation of unknown outcome, an earlier one with the same input. Both are the same to
 * everybody, so it is enough to try them in the order of their calls.
 */
function twinsOf<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): (number | undefined)[] {
  const twins: (number | undefined)[] = operations.map(() => undefined);
  const latest = new Map<string, number>();
  const byCall = operations.map((operation, index) => ({ operation, index }));
  byCall.sort((a, b) => a.operation.calledAt - b.operation.calledAt);
  for (const { operation, index } of byCall) {
    if (operation.returned !== undefined) continue;
    const input = JSON.stringify(operation.input);
    twins[index] = latest.get(input);
    latest.set(input, index);
  }
  return twins;
}
