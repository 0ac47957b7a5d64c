import type { ProtocolModel } from './check-model.js';

/** The choices in the design of the counter; the first test shows the values that are right. */
export interface CounterDesign {
  /** Whether an increment carries a token by which a repeat recognises itself. */
  readonly hasToken: boolean;
  /** How many tokens the current set takes before it becomes the previous one. */
  readonly tokensMax: number;
  /** Whether the previous set is kept, and looked at, after a rotation. */
  readonly keepsPrevious: boolean;
}

interface CounterState {
  readonly count: number;
  readonly current: readonly string[];
  readonly previous: readonly string[];
  /** How often the request of each client has reached the table. */
  readonly arrivals: Readonly<Record<string, number>>;
}

/** Each client increments once, and each request may arrive a second time at any later point. */
export function counterTokens(design: CounterDesign, clients: string): ProtocolModel<CounterState> {
  const { hasToken, tokensMax, keepsPrevious } = design;
  const names = clients.split('');
  const arrive = (state: CounterState, name: string): [string, CounterState] => {
    const earlier = state.arrivals[name] ?? 0;
    const arrivals = { ...state.arrivals, [name]: earlier + 1 };
    const label = `${earlier === 0 ? 'increment' : 'repeat'} of ${name}`;
    const known = state.current.includes(name) || state.previous.includes(name);
    if (hasToken && known) return [`${label}: known`, { ...state, arrivals }];
    const count = state.count + 1;
    if (!hasToken) return [`${label}: ${count}`, { ...state, arrivals, count }];
    if (state.current.length < tokensMax) {
      const current = [...state.current, name].toSorted();
      return [`${label}: ${count}`, { ...state, arrivals, count, current }];
    }
    const previous = keepsPrevious ? state.current : [];
    const rotated = { count, current: [name], previous, arrivals };
    return [`${label}, with a rotation: ${count}`, rotated];
  };
  return {
    init: {
      count: 0,
      current: [],
      previous: [],
      arrivals: Object.fromEntries(names.map((name) => [name, 0])),
    },
    next: (state) =>
      names.filter((name) => (state.arrivals[name] ?? 0) < 2).map((name) => arrive(state, name)),
    invariants: {
      'each increment counts once': ({ count, arrivals }) =>
        count === Object.values(arrivals).filter((times) => times > 0).length,
    },
  };
}
