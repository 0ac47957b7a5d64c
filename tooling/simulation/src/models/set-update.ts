import type { ProtocolModel } from './check-model.js';

/** The choices in the design of set operations; the first test shows the values that are right. */
export interface SetDesign {
  /** Whether a plain `set` of B writes an id too; those of the original do not. */
  readonly setHasId: boolean;
  /**
   * What the write of a set operation asks of the row:
   * - `exact`: it is as it was read: the same version; or still no row; or, without a version, the
   *   same value;
   * - `or-unversioned`: the same version, or none at all, which also holds for a row that is gone.
   */
  readonly condition: 'exact' | 'or-unversioned';
  /** How many ids a row holds: 8 in what ships, and fewer here, since only the bound counts. */
  readonly registers: number;
  /** Whether the repeat of a plain `set` is refused where the row remembers its id. */
  readonly asksForId: boolean;
  /** Whether copies that the row has forgotten are left out: what becomes of them is stated. */
  readonly isBounded: boolean;
}

type Elements = readonly string[];

interface Row {
  readonly elements: Elements;
  /** The ids of the latest writes, the newest first: the first one is the version. */
  readonly ids: readonly string[];
}

/** A write that may arrive once more. */
interface Sent {
  readonly id: string;
  /** What it stores. */
  readonly elements: Elements;
  /** What A has read; `undefined` for a plain set. */
  readonly read: { readonly row: Row | null } | undefined;
  /** How many other writes came since, as far as they count. */
  readonly others: number;
  readonly isForgotten: boolean;
}

interface SetState {
  readonly row: Row | null;
  /** What a set would hold on which the same operations were done one at a time, each once. */
  readonly expected: Elements | null;
  /** What A has read for its next write; `undefined` stands for nothing read. */
  readonly read: { readonly row: Row | null } | undefined;
  /** The latest write of each of both, whose answer may have been lost. */
  readonly sent: { readonly A?: Sent; readonly B?: Sent };
  readonly adds: number;
  readonly sets: number;
  readonly deletes: number;
}

/**
 * A adds elements by reading and writing, while B sets the whole value or deletes the row. The
 * latest write of each may arrive a second time at any later point, within what a row remembers.
 */
export function setUpdate(design: SetDesign): ProtocolModel<SetState> {
  return {
    init: {
      row: { elements: ['x'], ids: ['first'] },
      expected: ['x'],
      read: undefined,
      sent: {},
      adds: 0,
      sets: 0,
      deletes: 0,
    },
    next: (state) => [
      ...nextOfA(state, design),
      ...nextOfB(state, design),
      ...repeats(state, design),
    ],
    invariants: {
      'no element is lost or comes back': ({ row, expected }) =>
        JSON.stringify(row?.elements ?? null) === JSON.stringify(expected),
    },
  };
}

function nextOfA(state: SetState, design: SetDesign): [string, SetState][] {
  const { row, read, adds, expected } = state;
  if (adds === 2) return [];
  if (read === undefined) {
    return [[`A reads ${show(row?.elements)}`, { ...state, read: { row } }]];
  }
  const done = { ...state, read: undefined };
  if (!isMet(design, row, read.row)) return [['A is refused and starts again', done]];
  const elements = add(read.row?.elements ?? [], `a${adds}`);
  const write: Sent = { id: `a${adds}`, elements, read, others: 0, isForgotten: false };
  const after = {
    ...written(done, 'A', write, true, design),
    expected: add(expected ?? [], `a${adds}`),
    adds: adds + 1,
  };
  return [[`A writes ${show(elements)}`, after]];
}

function nextOfB(state: SetState, design: SetDesign): [string, SetState][] {
  const next: [string, SetState][] = [];
  if (state.sets < 2) {
    const elements = [`b${state.sets}`];
    const id = `b${state.sets}`;
    const write: Sent = { id, elements, read: undefined, others: 0, isForgotten: false };
    const after = written(state, 'B', write, design.setHasId, design);
    next.push([`B sets ${show(elements)}`, { ...after, expected: elements, sets: state.sets + 1 }]);
  }
  if (state.row !== null && state.deletes < 2) {
    const sent = forget(state.sent);
    const deletes = state.deletes + 1;
    next.push(['B deletes it', { ...state, row: null, expected: null, deletes, sent }]);
  }
  return next;
}

/** Copies of the latest writes that arrive late. One that the row remembers changes nothing. */
function repeats(state: SetState, design: SetDesign): [string, SetState][] {
  return (['A', 'B'] as const).flatMap((client): [string, SetState][] => {
    const copy = state.sent[client];
    if (copy === undefined) return [];
    const { [client]: _arrived, ...sent } = state.sent;
    const arrived = { ...state, sent };
    // A set of the original is not repeated here: it has no id, and nothing can tell.
    if (client === 'B' && !design.setHasId) return [];
    // Beyond what a row remembers nothing is promised for a write that demands no row.
    const isPast = copy.isForgotten || copy.others >= design.registers;
    if (design.isBounded && isPast && (copy.read?.row ?? null) === null) return [];
    const isKnown = state.row?.ids.includes(copy.id) === true && design.asksForId;
    const isApplied =
      !isKnown && (copy.read === undefined || isMet(design, state.row, copy.read.row));
    if (!isApplied) return [[`a copy of ${copy.id} changes nothing`, arrived]];
    const after = written(arrived, client, copy, true, design);
    return [[`a copy of ${copy.id} writes ${show(copy.elements)}`, { ...after, sent }]];
  });
}

/** The row holds what is written, and the id in front of those before, if the write has one. */
function written(
  state: SetState,
  client: 'A' | 'B',
  write: Sent,
  hasId: boolean,
  { registers }: SetDesign,
): SetState {
  const before = state.row?.ids ?? [];
  const ids = hasId ? [write.id, ...before].slice(0, registers) : [];
  const other = client === 'A' ? 'B' : 'A';
  const moved = hasId ? passed(state.sent) : forget(state.sent);
  const rest = moved[other];
  return {
    ...state,
    row: { elements: write.elements, ids },
    sent: { ...(rest && { [other]: rest }), [client]: write },
  };
}

function passed(sent: SetState['sent']): SetState['sent'] {
  return each(sent, (copy) => ({ ...copy, others: copy.others + 1 }));
}

function forget(sent: SetState['sent']): SetState['sent'] {
  return each(sent, (copy) => ({ ...copy, isForgotten: true }));
}

function each({ A, B }: SetState['sent'], change: (copy: Sent) => Sent): SetState['sent'] {
  return { ...(A && { A: change(A) }), ...(B && { B: change(B) }) };
}

function isMet({ condition }: SetDesign, row: Row | null, read: Row | null): boolean {
  const sameVersion = row?.ids[0] === read?.ids[0];
  if (condition === 'or-unversioned') return sameVersion || row?.ids[0] === undefined;
  return sameVersion && JSON.stringify(row?.elements) === JSON.stringify(read?.elements);
}

function add(elements: Elements, element: string): Elements {
  return [...elements, element].toSorted();
}

function show(elements: Elements | undefined): string {
  return elements === undefined ? 'nothing' : `{${elements.join(' ')}}`;
}
