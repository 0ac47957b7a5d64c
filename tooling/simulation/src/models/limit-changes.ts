import type { ProtocolModel } from './check-model.js';

/** What a client does with the key: once each. */
export type Role = 'attempt' | 'record' | 'refund' | 'block';

/** The choices in the design of what changes a key; the first test shows those that are right. */
export interface ChangesDesign {
  /** Whether a row remembers the changes that it went through, so that a repeat is none. */
  readonly remembers: boolean;
  /** By what a refund by key goes on only where nothing has changed since it read. */
  readonly refund: 'if unchanged' | 'blind';
  /** Where an attempt asks whether the key is blocked. */
  readonly asksForBlock: 'in its condition' | 'before';
}

interface Client {
  /** `copy`: a request that arrives once more, behind all else. */
  readonly role: Role | 'copy';
  readonly phase: 'idle' | 'ready' | 'unsure' | 'blocked' | 'done';
  /** Of a refund: what it read. */
  readonly read: number;
  /** Of a refund: the latest change when it read. Of a copy: the id that it carries. */
  readonly newest: string;
}

interface ChangesState {
  readonly attempts: number;
  /** The changes that the row remembers, the newest first. */
  readonly ids: readonly string[];
  readonly isBlocked: boolean;
  /** What was answered: admitted and recorded, less what was given back. */
  readonly answered: number;
  /** Who was admitted although the key was blocked, or although the limit was used up. */
  readonly wrong: readonly string[];
  readonly clients: Readonly<Record<string, Client>>;
}

type Step = [string, ChangesState];

/** Clients attempt, record, give back by key, block and unblock; replies are lost, and repeated. */
export function limitChanges(
  design: ChangesDesign,
  attemptsMax: number,
  roles: Readonly<Record<string, Role>>,
): ProtocolModel<ChangesState> {
  const clients = Object.fromEntries(
    Object.entries(roles).map(([name, role]): [string, Client] => [
      name,
      { role, phase: 'idle', read: 0, newest: '' },
    ]),
  );
  return {
    init: { attempts: 0, ids: [], isBlocked: false, answered: 0, wrong: [], clients },
    next: (state) =>
      Object.entries(state.clients).flatMap(([name, client]) => {
        if (client.phase === 'done') return [];
        return nextOf[client.role](state, name, design, attemptsMax);
      }),
    invariants: {
      'nobody is admitted past the limit or in a block': ({ wrong }) => wrong.length === 0,
      'the count is what was answered': ({ attempts, answered, clients: all }) =>
        !Object.values(all).every(({ phase }) => phase === 'done') || attempts === answered,
      'a block ends': ({ isBlocked, clients: all }) =>
        !isBlocked || Object.values(all).some(({ phase }) => phase !== 'done'),
    },
  };
}

type Next = (
  state: ChangesState,
  name: string,
  design: ChangesDesign,
  attemptsMax: number,
) => Step[];

const nextOf: Readonly<Record<Role | 'copy', Next>> = {
  attempt(state, name, design, attemptsMax) {
    const { phase } = clientOf(state, name);
    if (state.ids.includes(name)) return recognised(state, name, 1);
    if (design.asksForBlock === 'before' && phase === 'idle') {
      return state.isBlocked
        ? [[`${name} is refused`, to(state, name, { phase: 'done' })]]
        : [[`${name} sees no block`, to(state, name, { phase: 'ready' })]];
    }
    const isRefused = design.asksForBlock === 'in its condition' && state.isBlocked;
    if (isRefused || state.attempts >= attemptsMax) {
      return [[`${name} is refused`, to(state, name, { phase: 'done' })]];
    }
    const wrong = state.isBlocked ? [...state.wrong, name] : state.wrong;
    return applied({ ...state, wrong }, name, 1, design);
  },

  record(state, name, design) {
    return state.ids.includes(name) ? recognised(state, name, 1) : applied(state, name, 1, design);
  },

  refund(state, name, design) {
    const { phase, read, newest } = clientOf(state, name);
    if (phase === 'idle') {
      const seen = { read: state.attempts, newest: state.ids[0] ?? '' };
      return state.attempts === 0
        ? [[`${name} has nothing to give back`, to(state, name, { phase: 'done' })]]
        : [[`${name} reads ${state.attempts}`, to(state, name, { ...seen, phase: 'ready' })]];
    }
    if (state.ids.includes(name)) return recognised(state, name, -1);
    if (design.refund === 'if unchanged' && newest !== (state.ids[0] ?? '')) {
      return [[`${name} reads again`, to(state, name, { phase: 'idle' })]];
    }
    return applied(state, name, read - 1 - state.attempts, design, -1);
  },

  block(state, name, design) {
    if (clientOf(state, name).phase === 'blocked') {
      const ended = changed({ ...state, isBlocked: false }, `-${name}`, design);
      return [[`${name} unblocks`, to(ended, name, { phase: 'done' })]];
    }
    const next = to(changed({ ...state, isBlocked: true }, name, design), name, {
      phase: 'blocked',
    });
    const copy: Client = { role: 'copy', phase: 'unsure', read: 0, newest: name };
    const twice = { ...next, clients: { ...next.clients, [`copy of ${name}`]: copy } };
    return [
      [`${name} blocks`, next],
      [`${name} blocks, sent twice`, twice],
    ];
  },

  copy(state, name, design) {
    const { newest: original } = clientOf(state, name);
    const next = state.ids.includes(original)
      ? state
      : changed({ ...state, isBlocked: true }, original, design);
    return [[`${name} arrives`, to(next, name, { phase: 'done' })]];
  },
};

function applied(
  state: ChangesState,
  name: string,
  by: number,
  design: ChangesDesign,
  told: number = by,
): Step[] {
  const next = changed({ ...state, attempts: state.attempts + by }, name, design);
  const label = `${name} leaves ${next.attempts}`;
  const answered = { ...next, answered: next.answered + told };
  const steps: Step[] = [[label, to(answered, name, { phase: 'done' })]];
  if (clientOf(state, name).phase !== 'unsure') {
    steps.push([`${label}, the reply is lost`, to(next, name, { phase: 'unsure' })]);
  }
  return steps;
}

function recognised(state: ChangesState, name: string, told: number): Step[] {
  const answered = { ...state, answered: state.answered + told };
  return [[`${name} recognises itself`, to(answered, name, { phase: 'done' })]];
}

function changed(state: ChangesState, id: string, { remembers }: ChangesDesign): ChangesState {
  return remembers ? { ...state, ids: [id, ...state.ids] } : state;
}

function clientOf({ clients }: ChangesState, name: string): Client {
  return clients[name] as Client;
}

function to(state: ChangesState, name: string, change: Partial<Client>): ChangesState {
  const client = { ...clientOf(state, name), ...change };
  return { ...state, clients: { ...state.clients, [name]: client } };
}
