import { KeyCollisionError, numberOf, stringOf, type Item } from '@x/dynamo-core';
import {
  checkAlone,
  countsRemembered,
  isExpired,
  kindBeside,
  registers,
  type BatchKey,
  type Registers,
} from '@x/dynamo-core/mechanism';

import { parseCount, type Count } from './count-mode.js';

/** How the attributes of a counter are called, in either table. */
export const counterAttributes = {
  count: 'count',
  /** Shared with a value of the same key, as is the namespace. */
  expiresAt: 'expiresAt',
  namespace: 'ns',
  /** What a row is for whose key is not the caller's alone: `window`, `shard` or `token`. */
  kind: 'kind',
  /** In the row of a token: what it was used for. */
  change: 'change',
} as const;

const { count, expiresAt, namespace, kind } = counterAttributes;

/** The ids of the latest changes. */
export const idRegisters: Registers = /* @__PURE__ */ registers('c', countsRemembered);

/** The row of a counter, and what else may be there. */
export interface CounterAddress extends BatchKey {
  readonly tableName: string;
  /** The namespace, where keys of two namespaces can meet: `a` + `b.c`, `a.b` + `c`. */
  readonly owner?: { readonly name: string; readonly value: string } | undefined;
  /** What the row is for; `undefined` where its key is the caller's alone. */
  readonly kind?: 'window' | 'shard' | undefined;
  /** How the value of the same key is called, and its version. */
  readonly dataName: string;
  readonly versionName: string;
}

/** The count in a row, whoever it belongs to; `undefined` where there is none. */
export function countIn(item: Item | undefined, label: string): Count | undefined {
  const attribute = item?.[count];
  return attribute && parseCount(label, attribute.N);
}

/** The count in a row of this namespace that has not expired. */
export function liveCount(
  item: Item | undefined,
  at: CounterAddress,
  nowMs: number,
): Count | undefined {
  const actual = stringOf(item, namespace);
  const isOthers = at.owner !== undefined && actual !== undefined && actual !== at.owner.value;
  if (isOthers || isExpired(numberOf(item, expiresAt), nowMs)) return undefined;
  checkKind(item, at);
  return countIn(item, at.label);
}

/**
 * Throws a `KeyCollisionError` for a row that has not expired and in which nothing may be counted.
 * A claim of do-once is alone in its row whether it expires or not.
 */
export function checkRow(item: Item | undefined, at: CounterAddress): void {
  if (kindBeside(item, 'count', at.dataName) === 'claim') checkAlone(at.label, item, 'count');
  checkKind(item, at);
}

/** Throws where a caller's id is the key of a window or the other way round: `@` may be in ids. */
function checkKind(item: Item | undefined, at: CounterAddress): void {
  const actual = stringOf(item, kind);
  if (item?.[count] === undefined || actual === at.kind) return;
  const what = actual === undefined ? 'a counter of its own' : `a ${actual} of another counter`;
  throw new KeyCollisionError(at.label, `it is the row of ${what}`);
}
