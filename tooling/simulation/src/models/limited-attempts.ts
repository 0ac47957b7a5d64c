import type { ProtocolModel } from './check-model.js';

/** The choices in the design of attempts; the first test shows the values that are right. */
export interface AttemptsDesign {
  /** `conditional`: one write that is refused above the limit; `read-then-write`: two requests. */
  readonly write: 'conditional' | 'read-then-write';
  /** Whether an attempt recognises a repeat of itself. */
  readonly hasRequestId: boolean;
}

interface Client {
  readonly phase: 'idle' | 'read' | 'unsure' | 'admitted' | 'refused';
  readonly read: number;
}

interface AttemptsState {
  readonly attempts: number;
  readonly request: string;
  readonly clients: Readonly<Record<string, Client>>;
}

/** Three clients that attempt once each; a reply may be lost, and its request repeated. */
export function limitedAttempts(
  design: AttemptsDesign,
  attemptsMax: number,
): ProtocolModel<AttemptsState> {
  const idle: Client = { phase: 'idle', read: 0 };
  return {
    init: { attempts: 0, request: '', clients: { A: idle, B: idle, C: idle } },
    next: (state) =>
      Object.keys(state.clients).flatMap((name) => nextOf(state, name, design, attemptsMax)),
    invariants: {
      'no more than the limit pass': ({ clients }) =>
        Object.values(clients).filter(({ phase }) => phase === 'admitted').length <= attemptsMax,
      'an attempt consumes once': ({ attempts, clients }) =>
        attempts <= Object.values(clients).filter(({ phase }) => phase !== 'idle').length,
    },
  };
}

function nextOf(
  state: AttemptsState,
  name: string,
  { write, hasRequestId }: AttemptsDesign,
  attemptsMax: number,
): [string, AttemptsState][] {
  const { attempts, request } = state;
  const client = state.clients[name] as Client;
  const to = (change: Partial<AttemptsState>, phase: Client['phase'], read = 0): AttemptsState => ({
    ...state,
    ...change,
    clients: { ...state.clients, [name]: { phase, read } },
  });
  if (client.phase === 'admitted' || client.phase === 'refused') return [];
  if (write === 'read-then-write') {
    if (client.phase === 'idle') return [[`${name} reads ${attempts}`, to({}, 'read', attempts)]];
    if (client.read >= attemptsMax) return [[`${name} is refused`, to({}, 'refused')]];
    const written = client.read + 1;
    return [[`${name} writes ${written} and passes`, to({ attempts: written }, 'admitted')]];
  }
  if (hasRequestId && client.phase === 'unsure' && request === name) {
    return [[`repeat of ${name} recognises itself and passes`, to({}, 'admitted')]];
  }
  const label = client.phase === 'unsure' ? `repeat of ${name}` : `attempt of ${name}`;
  if (attempts >= attemptsMax) return [[`${label} is refused`, to({}, 'refused')]];
  const consumed = { attempts: attempts + 1, request: name };
  const next: [string, AttemptsState][] = [
    [`${label} passes as number ${attempts + 1}`, to(consumed, 'admitted')],
  ];
  if (client.phase === 'idle')
    next.push([`${label} passes, the reply is lost`, to(consumed, 'unsure')]);
  return next;
}
