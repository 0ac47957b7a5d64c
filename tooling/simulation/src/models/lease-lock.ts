import type { ProtocolModel } from './check-model.js';

/** The choices in the design of the lock; the first test shows the values that are right. */
export interface LockDesign {
  /** Whether a release only frees the lease that it belongs to. */
  readonly releaseChecksOwner: boolean;
  /** Whether a release keeps the row, and so the highest fence. */
  readonly releaseKeepsRow: boolean;
  /** Whether a renewal refuses to shorten the lease (`expiresAt <= :e`). */
  readonly renewChecksExpiry: boolean;
  /** Whether renewal and release notice a takeover that wrote nothing but the expiry. */
  readonly checksTakeover: boolean;
  /** Whether the protected resource refuses a fence below the highest that it saw. */
  readonly resourceChecksFence: boolean;
  /** Whether an acquisition checks its lease and the one that it replaced by the answer's time. */
  readonly checksAnswer: boolean;
  /** Whether what gives a lock back writes the end that was replaced, and not that it is free. */
  readonly restoresPrior: boolean;
}

interface Row {
  readonly owner: string;
  readonly fence: number;
  readonly expiresAt: number;
  readonly heldUntil: number;
  /** The end that the last acquisition replaced. */
  readonly prior: number;
}

type Message =
  | { readonly kind: 'release'; readonly fence: number }
  | { readonly kind: 'give back'; readonly fence: number }
  | { readonly kind: 'write'; readonly fence: number }
  | { readonly kind: 'renew'; readonly fence: number; readonly until: number };

interface Client {
  readonly fence: number;
  /** The holder's own deadline. */
  readonly until: number;
  /** What it has sent and what may arrive at any time, or never. */
  readonly inFlight: readonly Message[];
  /** By how much its clock is ahead, until an answer tells it the time. */
  readonly ahead?: number;
  /** An acquisition that was applied and not answered yet: when it was sent, and what it wrote. */
  readonly taken?: { at: number; fence: number; end: number; prior: number };
}

interface LockState {
  readonly now: number;
  readonly row: Row | null;
  readonly clients: Readonly<Record<string, Client>>;
  readonly fenceMax: number;
  readonly fenceRepeated: boolean;
  readonly written: number;
  readonly staleWrite: boolean;
}

const leaseTicks = 2;

/** What bounds the model. */
export interface LockScope {
  readonly nowMax: number;
  /** How often the lock is taken. */
  readonly fencesMax: number;
  readonly inFlightMax: number;
  readonly kinds: readonly Message['kind'][];
  /** Whether a client of the original, which writes nothing but `expiresAt`, takes part as `O`. */
  readonly original: boolean;
  /** By how much the clock of B is ahead at first; below zero it is behind. @default 0 */
  readonly ahead?: number;
}

type Next = [string, LockState][];

/** Two clients, one lock, one protected resource, and a network that delays and loses messages. */
export function leaseLock(design: LockDesign, scope: LockScope): ProtocolModel<LockState> {
  const idle: Client = { fence: 0, until: 0, inFlight: [] };
  const { ahead = 0 } = scope;
  const late = ahead === 0 ? idle : { ...idle, ahead };
  const clients = { A: idle, B: late, ...(scope.original && { O: idle }) };
  return {
    init: {
      now: 0,
      row: null,
      clients,
      fenceMax: 0,
      fenceRepeated: false,
      written: 0,
      staleWrite: false,
    },
    next: (state) => {
      const next: Next = [];
      if (state.now < scope.nowMax)
        next.push([`time ${state.now + 1}`, atTime(state, state.now + 1)]);
      for (const name of Object.keys(state.clients)) {
        if (name === 'O') addOriginal(state, next);
        else addClient(state, name, design, scope, next);
      }
      return next;
    },
    invariants: {
      'at most one holder': ({ now, clients: all }) =>
        Object.values(all).filter(({ until }) => until > now).length <= 1,
      'no fence is given twice': ({ fenceRepeated }) => !fenceRepeated,
      'no stale write': ({ staleWrite }) => !staleWrite,
    },
  };
}

/** Time moves on. Who holds no longer forgets it, which saves states that differ in nothing. */
function atTime(state: LockState, now: number): LockState {
  const clients = Object.entries(state.clients).map(([name, client]) => {
    return [name, client.until > now ? client : { ...client, fence: 0, until: 0 }] as const;
  });
  return { ...state, now, clients: Object.fromEntries(clients) };
}

function addClient(
  state: LockState,
  name: string,
  design: LockDesign,
  scope: LockScope,
  next: Next,
): void {
  const { now, row } = state;
  const client = state.clients[name] as Client;
  const holds = client.until > now;
  const fence = (row?.fence ?? 0) + 1;
  const clock = now + (client.ahead ?? 0);
  const free = row === null || row.expiresAt <= clock;
  if (client.taken !== undefined) addAnswer(state, name, client, design, next);
  else if (!holds && free && fence <= scope.fencesMax) {
    const end = clock + leaseTicks;
    // Nobody looks at it where all clocks are right: that saves states that differ in nothing.
    const prior = scope.ahead === undefined ? 0 : (row?.expiresAt ?? 0);
    const applied: LockState = {
      ...state,
      row: { owner: name, fence, expiresAt: end, heldUntil: end, prior },
      fenceMax: Math.max(fence, state.fenceMax),
      fenceRepeated: fence <= state.fenceMax,
    };
    // Only where the clock is wrong is it another moment when the answer comes.
    const after =
      client.ahead === undefined
        ? { ...client, fence, until: end }
        : { ...client, taken: { at: now, fence, end, prior } };
    next.push([
      `${name} acquires with fence ${fence} until ${end}`,
      withClient(applied, name, after),
    ]);
  }
  if (holds && client.inFlight.length < scope.inFlightMax) {
    for (const kind of scope.kinds) next.push(sent(state, name, client, kind));
  }
  client.inFlight.forEach((message, index) => {
    const inFlight = client.inFlight.filter((_, other) => other !== index);
    const received = withClient(state, name, { ...client, inFlight });
    next.push(arrived(received, name, message, design));
  });
}

/** The answer to an acquisition, which tells the time; or its caller gives up. */
function addAnswer(
  state: LockState,
  name: string,
  client: Client,
  design: LockDesign,
  next: Next,
): void {
  const { now, row } = state;
  const { taken, ahead, ...known } = client;
  if (taken === undefined) return;
  const { at, fence, end, prior } = taken;
  const giveBack: Message = { kind: 'give back', fence };
  const back = { ...known, inFlight: [...client.inFlight, giveBack] };
  next.push([
    `${name} aborts, and sends ${show(giveBack)}`,
    withClient(state, name, { ...back, ...(ahead !== undefined && { ahead }) }),
  ]);
  const isOurs = row !== null && row.owner === name && row.fence === fence;
  const label = `${name} is answered`;
  if (!design.checksAnswer) {
    const until = at + leaseTicks;
    return void next.push([label, withClient(state, name, { ...known, fence, until })]);
  }
  if (prior > at) {
    next.push([`${label}: too early, and sends ${show(giveBack)}`, withClient(state, name, back)]);
  } else if (Math.min(end, at + leaseTicks) > now) {
    const until = Math.min(end, at + leaseTicks);
    next.push([label, withClient(state, name, { ...known, fence, until })]);
  } else if (isOurs && row.expiresAt === row.heldUntil) {
    const until = now + leaseTicks;
    const written = { ...state, row: { ...row, expiresAt: until, heldUntil: until } };
    next.push([
      `${label}: over, and writes its lease again until ${until}`,
      withClient(written, name, { ...known, fence, until }),
    ]);
  } else {
    next.push([`${label}: over`, withClient(state, name, known)]);
  }
}

function sent(
  state: LockState,
  name: string,
  client: Client,
  kind: Message['kind'],
): [string, LockState] {
  const { fence } = client;
  const until = state.now + leaseTicks;
  const message: Message = kind === 'renew' ? { kind, fence, until } : { kind, fence };
  const after = {
    // Who sends a release holds no longer.
    ...(kind === 'release' ? { fence: 0, until: 0 } : { fence, until: client.until }),
    inFlight: [...client.inFlight, message],
  };
  return [`${name} sends ${show(message)}`, withClient(state, name, after)];
}

function arrived(
  state: LockState,
  name: string,
  message: Message,
  design: LockDesign,
): [string, LockState] {
  const { row } = state;
  const client = state.clients[name] as Client;
  const label = `${show(message)} of ${name} arrives`;
  const mine = row !== null && row.owner === name && row.fence === message.fence;
  if (message.kind === 'write') {
    const stale = message.fence < state.written;
    if (stale && design.resourceChecksFence) return [`${label}: refused`, state];
    const written = Math.max(message.fence, state.written);
    return [label, { ...state, written, staleWrite: stale }];
  }
  if (message.kind === 'release') {
    const taken = design.checksTakeover && row?.expiresAt !== row?.heldUntil;
    if (row === null || (design.releaseChecksOwner && (!mine || taken))) {
      return [`${label}: refused`, state];
    }
    const freed = design.releaseKeepsRow ? { ...row, owner: '', expiresAt: 0, heldUntil: 0 } : null;
    return [label, { ...state, row: freed }];
  }
  if (message.kind === 'give back') {
    if (!mine || row.expiresAt !== row.heldUntil) return [`${label}: refused`, state];
    const end = design.restoresPrior ? row.prior : 0;
    return [label, { ...state, row: { ...row, owner: '', expiresAt: end, heldUntil: end } }];
  }
  const { until } = message;
  const refused =
    !mine ||
    (design.checksTakeover && row.expiresAt !== row.heldUntil) ||
    (design.renewChecksExpiry && row.expiresAt > until);
  if (refused) return [`${label}: refused`, state];
  const renewed = { ...state, row: { ...row, expiresAt: until, heldUntil: until } };
  // A reply that comes after the own deadline revives nothing.
  if (client.until <= state.now || client.fence !== message.fence) return [label, renewed];
  return [label, withClient(renewed, name, { ...client, until: Math.max(until, client.until) })];
}

/** The original takes a free lock by writing its expiry, and nothing else. */
function addOriginal(state: LockState, next: Next): void {
  const { now, row } = state;
  const client = state.clients['O'] as Client;
  if (row === null || row.expiresAt > now || client.until > now) return;
  const until = now + leaseTicks;
  const taken = { ...state, row: { ...row, expiresAt: until } };
  next.push([`O acquires until ${until}`, withClient(taken, 'O', { ...client, until })]);
}

function withClient(state: LockState, name: string, client: Client): LockState {
  return { ...state, clients: { ...state.clients, [name]: client } };
}

function show(message: Message): string {
  const { kind, fence } = message;
  return message.kind === 'renew' ? `renew until ${message.until}` : `${kind} of fence ${fence}`;
}
