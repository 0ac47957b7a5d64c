import type { ProtocolModel } from './check-model.js';

/** The choices in the design of attempts; the first test shows the values that are right. */
export interface AttemptsDesign {
  /** `conditional`: one write that is refused above the limit; `read-then-write`: two requests. */
  readonly write: 'conditional' | 'read-then-write';
  /** How many ids a row holds: 16 in what ships, and fewer here, since only the bound counts. */
  readonly registers: number;
  /** Whether the ids stay when the row has expired and is replaced. */
  readonly keepsIds: boolean;
  /** By what a refund tells the window of its attempt. */
  readonly refundBy: 'id' | 'nothing';
  /** Whether the window ends once in between. */
  readonly expires: boolean;
  /** Whether the row is deleted once in between. */
  readonly isDeleted: boolean;
}

interface Client {
  readonly phase: 'idle' | 'read' | 'unsure' | 'admitted' | 'refused' | 'refunded';
  readonly read: number;
  /** The attempt that began the window which counted this one. */
  readonly began: string;
  /** How many others have changed the row since this attempt was counted. */
  readonly others: number;
}

export interface AttemptsState {
  /** How many attempts the row says. */
  readonly attempts: number;
  /** The registers, the newest first. */
  readonly ids: readonly string[];
  /** The attempt that began the window. */
  readonly began: string;
  /** What counts in this window and was not given back. */
  readonly counted: readonly string[];
  readonly hasEnded: boolean;
  /** Whether the window may still end, and the row be deleted. */
  readonly mayEnd: boolean;
  readonly mayBeDeleted: boolean;
  /** Who was counted again although fewer others came between than there are registers. */
  readonly twice: readonly string[];
  readonly clients: Readonly<Record<string, Client>>;
}

type Step = [string, AttemptsState];

/**
 * Three clients attempt once each and give back; replies are lost, and requests repeated. Without a
 * limit it is the protocol of counters.
 */
export function limitedAttempts(
  design: AttemptsDesign,
  attemptsMax: number,
): ProtocolModel<AttemptsState> {
  const idle: Client = { phase: 'idle', read: 0, began: '', others: 0 };
  return {
    init: {
      attempts: 0,
      ids: [],
      began: '',
      counted: [],
      hasEnded: false,
      mayEnd: design.expires,
      mayBeDeleted: design.isDeleted,
      twice: [],
      clients: { A: idle, B: idle, C: idle },
    },
    next: (state) => [
      ...Object.keys(state.clients).flatMap((name) => nextOf(state, name, design, attemptsMax)),
      ...(state.attempts > 0 ? happenings(state) : []),
    ],
    invariants: {
      'no more than the limit pass': ({ counted }) => new Set(counted).size <= attemptsMax,
      'an attempt consumes once within the bound': ({ twice }) => twice.length === 0,
      'a refund takes nothing of others': ({ attempts, counted }) =>
        attempts >= new Set(counted).size,
    },
  };
}

/** What becomes of the row besides. A delete takes the ids with it. */
function happenings(state: AttemptsState): Step[] {
  const steps: Step[] = [];
  if (state.mayEnd) steps.push(['the window ends', { ...state, hasEnded: true, mayEnd: false }]);
  if (state.mayBeDeleted) {
    const empty = { attempts: 0, ids: [], began: '', counted: [], hasEnded: false };
    steps.push(['a delete', { ...state, ...empty, mayBeDeleted: false }]);
  }
  return steps;
}

function nextOf(
  state: AttemptsState,
  name: string,
  design: AttemptsDesign,
  attemptsMax: number,
): Step[] {
  const client = state.clients[name] as Client;
  const { attempts } = state;
  switch (client.phase) {
    case 'refused':
    case 'refunded':
      return [];
    case 'admitted':
      return [refund(state, name, design)];
    case 'read': {
      const written = client.read + 1;
      const next = { ...state, attempts: written, counted: [...state.counted, name] };
      return [[`${name} writes ${written} and passes`, to(next, name, { phase: 'admitted' })]];
    }
    case 'idle':
    case 'unsure':
  }
  if (design.write === 'read-then-write') {
    return attempts >= attemptsMax
      ? [[`${name} is refused`, to(state, name, { phase: 'refused' })]]
      : [[`${name} reads ${attempts}`, to(state, name, { phase: 'read', read: attempts })]];
  }
  const isAgain = client.phase === 'unsure';
  const label = isAgain ? `repeat of ${name}` : `attempt of ${name}`;
  if (state.ids.includes(name)) {
    return [[`${label} recognises itself and passes`, to(state, name, { phase: 'admitted' })]];
  }
  if (!endedFor(state, client) && attempts >= attemptsMax) {
    return [[`${label} is refused`, to(state, name, { phase: 'refused' })]];
  }
  const taken = take(state, name, design);
  const passes = `${label} passes as number ${taken.attempts}`;
  const steps: Step[] = [[passes, to(taken, name, { phase: 'admitted' })]];
  if (!isAgain) steps.push([`${passes}, the reply is lost`, to(taken, name, { phase: 'unsure' })]);
  return steps;
}

/** One conditional write: in the window that runs, or over the one that has ended. */
function take(state: AttemptsState, name: string, design: AttemptsDesign): AttemptsState {
  const client = state.clients[name] as Client;
  const hasEnded = endedFor(state, client);
  const isForgotten = client.others >= design.registers;
  const begins = hasEnded || state.began === '';
  const began = begins ? name : state.began;
  const next: AttemptsState = {
    ...state,
    attempts: (hasEnded ? 0 : state.attempts) + 1,
    counted: [...(hasEnded ? [] : state.counted), name],
    began,
    hasEnded: state.hasEnded && !hasEnded,
    twice: client.phase === 'unsure' && !isForgotten ? [...state.twice, name] : state.twice,
  };
  return to(changed(next, name, hasEnded && !design.keepsIds ? [] : state.ids, design), name, {
    began,
    others: 0,
  });
}

/** A repeat carries the time of its first send: the window had not ended by then. */
function endedFor({ hasEnded }: AttemptsState, { phase }: Client): boolean {
  return hasEnded && phase !== 'unsure';
}

/** Gives an attempt back where its window is still the one that counted it. */
function refund(state: AttemptsState, name: string, design: AttemptsDesign): Step {
  const { began } = state.clients[name] as Client;
  const done = { phase: 'refunded' } as const;
  const isOwn = design.refundBy === 'nothing' || (state.began === began && !state.hasEnded);
  if (!isOwn || state.attempts === 0) {
    return [`${name} has nothing to give back`, to(state, name, done)];
  }
  const counted = state.counted.filter((other) => other !== name);
  const next = { ...state, attempts: state.attempts - 1, counted };
  return [`${name} gives back`, to(changed(next, `-${name}`, state.ids, design), name, done)];
}

/** The row after a change with this id. */
function changed(
  state: AttemptsState,
  id: string,
  ids: readonly string[],
  { registers }: AttemptsDesign,
): AttemptsState {
  const clients = Object.fromEntries(
    Object.entries(state.clients).map(([name, client]) => [
      name,
      client.phase === 'unsure' ? { ...client, others: client.others + 1 } : client,
    ]),
  );
  return { ...state, ids: [id, ...ids].slice(0, registers), clients };
}

function to(state: AttemptsState, name: string, change: Partial<Client>): AttemptsState {
  const client = { ...(state.clients[name] as Client), ...change };
  return { ...state, clients: { ...state.clients, [name]: client } };
}
