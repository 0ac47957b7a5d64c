import type { ProtocolModel } from './check-model.js';

/** The choices in the design of set operations; the first test shows the values that are right. */
export interface SetDesign {
  /** Whether a plain `set` writes a fresh version too. */
  readonly plainSetKeepsVersion: boolean;
  /**
   * What the write of a set operation asks of the row:
   * - `exact`: it is as it was read: the same version; or still no row; or, without a version, the
   *   same value;
   * - `or-unversioned`: the same version, or none at all, which also holds for a row that is gone.
   */
  readonly condition: 'exact' | 'or-unversioned';
}

type Elements = readonly string[];

interface Row {
  readonly elements: Elements;
  readonly version: number;
}

interface SetState {
  readonly row: Row | null;
  /** What a set would hold on which the same operations were done one at a time. */
  readonly expected: Elements | null;
  readonly versionMax: number;
  /** What A has read for its next write; `undefined` stands for nothing read. */
  readonly read: { readonly row: Row | null } | undefined;
  readonly adds: number;
  readonly sets: number;
  readonly deletes: number;
}

const unversioned = 0;

/** A adds elements by reading and writing, while B sets the whole value or deletes the row. */
export function setUpdate(design: SetDesign): ProtocolModel<SetState> {
  return {
    init: {
      row: { elements: ['x'], version: 1 },
      expected: ['x'],
      versionMax: 1,
      read: undefined,
      adds: 0,
      sets: 0,
      deletes: 0,
    },
    next: (state) => [...nextOfA(state, design), ...nextOfB(state, design)],
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
  const version = state.versionMax + 1;
  const after = {
    ...done,
    row: { elements, version },
    expected: add(expected ?? [], `a${adds}`),
    versionMax: version,
    adds: adds + 1,
  };
  return [[`A writes ${show(elements)}`, after]];
}

function isMet({ condition }: SetDesign, row: Row | null, read: Row | null): boolean {
  const sameVersion = row?.version === read?.version;
  if (condition === 'or-unversioned') return sameVersion || (row?.version ?? 0) === unversioned;
  return sameVersion && JSON.stringify(row?.elements) === JSON.stringify(read?.elements);
}

function nextOfB(state: SetState, { plainSetKeepsVersion }: SetDesign): [string, SetState][] {
  const next: [string, SetState][] = [];
  if (state.sets < 2) {
    const elements = [`b${state.sets}`];
    const version = plainSetKeepsVersion ? state.versionMax + 1 : unversioned;
    next.push([
      `B sets ${show(elements)}`,
      {
        ...state,
        row: { elements, version },
        expected: elements,
        versionMax: Math.max(version, state.versionMax),
        sets: state.sets + 1,
      },
    ]);
  }
  if (state.row !== null && state.deletes < 2) {
    next.push([
      'B deletes it',
      { ...state, row: null, expected: null, deletes: state.deletes + 1 },
    ]);
  }
  return next;
}

function add(elements: Elements, element: string): Elements {
  return [...elements, element].toSorted();
}

function show(elements: Elements | undefined): string {
  return elements === undefined ? 'nothing' : `{${elements.join(' ')}}`;
}
