import type { ProtocolModel } from './check-model.js';

/** The choices in the design of do-once; the first test shows the values that are right. */
export interface DoOnceDesign {
  /** Whether a claim is refused while another one's lease runs, and once it is done. */
  readonly claimIsConditional: boolean;
  /** Whether the release after a failure only deletes the own claim. */
  readonly releaseChecksOwner: boolean;
  /** Whether a completion is refused when another one was first. */
  readonly completionChecksDone: boolean;
  /** Whether a completion stores whose it is, so that a repeat of it recognises itself. */
  readonly completionKeepsOwner: boolean;
  /** Whether a completion needs the own claim, or one that was taken over from it. */
  readonly completionChecksLine: boolean;
  /** Whether a claim that is taken over keeps the payload that it is bound to. */
  readonly takeoverChecksPayload: boolean;
}

interface Row {
  readonly owner: string;
  /** Those from whom the claim was taken over. */
  readonly earlier: readonly string[];
  readonly payload: string;
  readonly leaseUntil: number;
  readonly result: string;
}

/** The call of one client: `told` and `lost` are its ends. */
interface Call {
  readonly phase: 'idle' | 'acting' | 'finishing' | 'failing' | 'told' | 'lost' | 'refused';
  readonly claimedUntil: number;
  /** Whether a completion was applied and its reply was lost. */
  readonly applied: boolean;
  readonly result: string;
}

interface DoOnceState {
  readonly now: number;
  readonly row: Row | null;
  readonly calls: Readonly<Record<string, Call>>;
  /** Whether an action was started while another one ran on a valid lease, or after the end. */
  readonly startedTwice: boolean;
  /** Whether a completion ended a claim that runs, of another line. */
  readonly endedStranger: boolean;
  /** Whether the action ran for two payloads, none of which was given up in between. */
  readonly mixedPayloads: boolean;
  /** Whether the key may still be cleared, once. */
  readonly mayClear: boolean;
}

type Next = [string, DoOnceState][];

/** The design, and what the client at work asks for. */
type Design = DoOnceDesign & { readonly payload: string };

const leaseTicks = 2;

/** What else happens in a model. */
export interface DoOnceSetting {
  readonly nowMax: number;
  /** Whether somebody clears the key once, at any moment. */
  readonly clears?: boolean;
  /** What each client asks for; calls are not compared where it is left out. */
  readonly payloads?: Readonly<Record<string, string>>;
}

/** Three clients that call at most once each, may fail, stall, or lose a reply. */
export function doOnce(
  design: DoOnceDesign,
  { nowMax, clears = false, payloads = {} }: DoOnceSetting,
): ProtocolModel<DoOnceState> {
  const idle: Call = { phase: 'idle', claimedUntil: 0, applied: false, result: '' };
  return {
    init: {
      now: 0,
      row: null,
      calls: { A: idle, B: idle, C: idle },
      startedTwice: false,
      endedStranger: false,
      mixedPayloads: false,
      mayClear: clears,
    },
    next: (state) => {
      const next: Next = [];
      const { now } = state;
      if (now < nowMax) next.push([`time ${now + 1}`, { ...state, now: now + 1 }]);
      if (state.mayClear) next.push(['clears', { ...state, row: null, mayClear: false }]);
      for (const name of Object.keys(state.calls)) {
        addCall(state, name, { ...design, payload: payloads[name] ?? '' }, next);
      }
      return next;
    },
    invariants: {
      // Who clears a key lets the next one act.
      'started by one live claimant, and not when done': ({ startedTwice }) =>
        clears || !startedTwice,
      'no claim that runs is ended by a stranger': ({ endedStranger }) => !endedStranger,
      'a claim is taken over for its payload': ({ mixedPayloads }) => !mixedPayloads,
      'every caller is told the same result': ({ calls }) => {
        if (clears) return true;
        const told = Object.values(calls).filter(({ phase }) => phase === 'told');
        return new Set(told.map(({ result }) => result)).size <= 1;
      },
      'who completed is not told that another did': ({ calls }) =>
        clears || Object.values(calls).every(({ phase, applied }) => phase !== 'lost' || !applied),
    },
  };
}

function addCall(state: DoOnceState, name: string, design: Design, next: Next): void {
  const call = state.calls[name] as Call;
  if (call.phase === 'idle') next.push(claim(state, name, design));
  if (call.phase === 'acting') {
    next.push([`${name} has acted`, withCall(state, name, { ...call, phase: 'finishing' })]);
    next.push([`${name} fails`, withCall(state, name, { ...call, phase: 'failing' })]);
  }
  if (call.phase === 'finishing') addCompletion(state, name, design, next);
  if (call.phase === 'failing') {
    const { row } = state;
    const mine = row !== null && row.owner === name && row.result === '';
    const deletes = !design.releaseChecksOwner || mine;
    const after = { ...state, row: deletes ? null : row };
    const label = `release of ${name} arrives${deletes ? '' : ': refused'}`;
    next.push([label, withCall(after, name, { ...call, phase: 'lost' })]);
  }
}

function claim(
  state: DoOnceState,
  name: string,
  { claimIsConditional, takeoverChecksPayload, payload }: Design,
): [string, DoOnceState] {
  const { now, row } = state;
  const call = state.calls[name] as Call;
  if (claimIsConditional && row !== null && row.result !== '') {
    const told: Call = { ...call, phase: 'told', result: row.result };
    return [`${name} is told "${row.result}"`, withCall(state, name, told)];
  }
  // In progress elsewhere: it looks again later, which leads to the same state.
  if (claimIsConditional && row !== null && row.leaseUntil > now) return [`${name} waits`, state];
  const isOther = row !== null && row.payload !== payload;
  if (isOther && takeoverChecksPayload) {
    return [`${name} finds another payload`, withCall(state, name, { ...call, phase: 'refused' })];
  }
  const mixedPayloads = state.mixedPayloads || isOther;
  const earlier = row === null ? [] : [row.owner, ...row.earlier];
  const claimedUntil = now + leaseTicks;
  const others = Object.entries(state.calls).filter(([other]) => other !== name);
  const otherRuns = others.some(
    ([, { phase, claimedUntil: until }]) => phase === 'acting' && until > now,
  );
  const startedTwice = otherRuns || (row?.result ?? '') !== '';
  const claimed = { owner: name, earlier, payload, leaseUntil: claimedUntil, result: '' };
  return [
    `${name} claims until ${claimedUntil}`,
    withCall({ ...state, row: claimed, startedTwice, mixedPayloads }, name, {
      ...call,
      phase: 'acting',
      claimedUntil,
    }),
  ];
}

function addCompletion(state: DoOnceState, name: string, design: Design, next: Next): void {
  const { row } = state;
  const call = state.calls[name] as Call;
  const mine = row?.owner === name;
  if (row !== null && row.result !== '' && design.completionChecksDone && !mine) {
    // Another was first: this caller is told the result that is stored.
    const ended: Call = call.applied
      ? { ...call, phase: 'lost' }
      : { ...call, phase: 'told', result: row.result };
    next.push([`${name} finds it completed by another`, withCall(state, name, ended)]);
    return;
  }
  const isClaimed = row !== null && row.result === '';
  const isStranger = isClaimed && !mine && !row.earlier.includes(name);
  const isRunning = isStranger && row.leaseUntil > state.now;
  // It waits for the stranger, as every caller does.
  if (isRunning && design.completionChecksLine) return;
  const result = `result of ${name}`;
  const owner = design.completionKeepsOwner ? name : '';
  const marked = { owner, earlier: [], payload: design.payload, leaseUntil: 0, result };
  const endedStranger = state.endedStranger || isRunning;
  const after = { ...state, row: marked, endedStranger };
  const told: Call = { ...call, phase: 'told', result };
  next.push([`${name} completes`, withCall(after, name, told)]);
  if (call.applied) return;
  const unsure: Call = { ...call, applied: true };
  next.push([`${name} completes, the reply is lost`, withCall(after, name, unsure)]);
}

function withCall(state: DoOnceState, name: string, call: Call): DoOnceState {
  return { ...state, calls: { ...state.calls, [name]: call } };
}
