import type { ProtocolModel } from './check-model.js';

/** The choices in the design of the counter; the first test shows the values that are right. */
export interface CounterDesign {
  /** Whether an increment carries an id by which a repeat recognises itself. */
  readonly hasId: boolean;
  /** How many ids a row holds: 16 in what ships, and fewer here, since only the bound counts. */
  readonly registers: number;
  /** Whether the ids stay when an expired row starts over. */
  readonly keepsIds: boolean;
  /** Whether the row is deleted once in between. */
  readonly isDeleted: boolean;
  /** Whether the row expires once in between. */
  readonly expires: boolean;
}

interface CounterState {
  readonly count: number;
  /** The registers, the newest first. */
  readonly ids: readonly string[];
  /** Which increments are in the count. */
  readonly counted: readonly string[];
  /** How often the request of each client has reached the table. */
  readonly arrivals: Readonly<Record<string, number>>;
  /** What came between each increment and its repeat, as far as it matters. */
  readonly others: Readonly<Record<string, number>>;
  readonly isOver: boolean;
  /** What may still happen to the row. */
  readonly left: { readonly expiry: boolean; readonly delete: boolean };
  /** Which increment was applied again although fewer others came between than there are registers. */
  readonly twice: readonly string[];
}

/** Each client increments once, and each request may arrive a second time at any later point. */
export function counterRegisters(
  design: CounterDesign,
  clients: string,
): ProtocolModel<CounterState> {
  const names = clients.split('');
  const arrive = (state: CounterState, name: string): [string, CounterState] => {
    const earlier = state.arrivals[name] ?? 0;
    const arrivals = { ...state.arrivals, [name]: earlier + 1 };
    const label = `${earlier === 0 ? 'increment' : 'repeat'} of ${name}`;
    if (design.hasId && state.ids.includes(name))
      return [`${label}: known`, { ...state, arrivals }];
    // An expired row starts over: a second request, which finds the row as the first one did.
    const count = (state.isOver ? 0 : state.count) + 1;
    const kept = state.isOver && !design.keepsIds ? [] : state.ids;
    const isAgain = earlier > 0 && (state.others[name] ?? 0) < design.registers;
    const others = Object.fromEntries(
      names.map((other) => {
        const hasArrived = (state.arrivals[other] ?? 0) > 0 && other !== name;
        return [other, (state.others[other] ?? 0) + (hasArrived ? 1 : 0)];
      }),
    );
    const text = state.isOver ? `${label}, over what has expired: ${count}` : `${label}: ${count}`;
    const next = {
      ...state,
      count,
      ids: design.hasId ? [name, ...kept].slice(0, design.registers) : [],
      counted: [...(state.isOver ? [] : state.counted), name],
      arrivals,
      others,
      isOver: false,
      twice: isAgain ? [...state.twice, name] : state.twice,
    };
    return [text, next];
  };
  const happen = (state: CounterState): [string, CounterState][] => {
    const steps: [string, CounterState][] = [];
    if (state.left.expiry && state.count > 0) {
      steps.push([
        'the row expires',
        { ...state, isOver: true, left: { ...state.left, expiry: false } },
      ]);
    }
    if (state.left.delete && state.count > 0) {
      const left = { ...state.left, delete: false };
      steps.push(['a delete', { ...state, count: 0, ids: [], counted: [], isOver: false, left }]);
    }
    return steps;
  };
  const zeroes = Object.fromEntries(names.map((name) => [name, 0]));
  return {
    init: {
      count: 0,
      ids: [],
      counted: [],
      arrivals: zeroes,
      others: zeroes,
      isOver: false,
      left: { expiry: design.expires, delete: design.isDeleted },
      twice: [],
    },
    next: (state) => [
      ...names.filter((name) => (state.arrivals[name] ?? 0) < 2).map((name) => arrive(state, name)),
      ...happen(state),
    ],
    invariants: {
      'an increment counts once within the bound': ({ twice }) => twice.length === 0,
      'the count is what was counted': ({ count, counted, isOver }) =>
        isOver || count === counted.length,
    },
  };
}
