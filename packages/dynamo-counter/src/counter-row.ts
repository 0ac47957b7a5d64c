import { isExpired, itemBytes, numberOf, stringOf, utf8Bytes, type Item } from '@x/dynamo-core';

import { parseCount } from './count-mode.js';

/** How the attributes of a counter are called, in either table. */
export const counterAttributes = {
  count: 'count',
  /** The ids of the latest changes. */
  cur: 'cur',
  /** The ids of the changes before those. */
  prev: 'prev',
  /** Shared with a value of the same key, as is the namespace. */
  expiresAt: 'expiresAt',
  namespace: 'ns',
} as const;

const { count, cur, prev, expiresAt, namespace } = counterAttributes;

/** What says where a row belongs. Keys of two namespaces can meet: `a` + `b.c`, `a.b` + `c`. */
export interface OwnedKey {
  readonly key: Item;
  /** The namespace; `undefined` where keys cannot meet. */
  readonly owner?: string | undefined;
}

/** The other namespace that a row belongs to; `undefined` for a row of this one, or of none. */
export function otherOwner(item: Item | undefined, { owner }: OwnedKey): string | undefined {
  const actual = stringOf(item, namespace);
  return owner === undefined || actual === owner ? undefined : actual;
}

/** Whether the row is over. What it holds then counts as absent. */
export function isOver(item: Item | undefined, nowMs: number): boolean {
  return isExpired(numberOf(item, expiresAt), nowMs);
}

/** The count in a row, expired or not; `undefined` where there is none. */
export function countIn(item: Item | undefined, label: string): bigint | undefined {
  const attribute = item?.[count];
  return attribute && parseCount(label, attribute.N);
}

/** The count in a row of this namespace that is not over. */
export function liveCount(
  item: Item | undefined,
  at: OwnedKey & { readonly label: string },
  nowMs: number,
): bigint | undefined {
  const counts = !isOver(item, nowMs) && otherOwner(item, at) === undefined;
  return counts ? countIn(item, at.label) : undefined;
}

/** The ids of the changes that the row remembers. */
export function idsIn(item: Item): string[] {
  return [...(item[cur]?.SS ?? []), ...(item[prev]?.SS ?? [])];
}

/** How many ids the set holds to which ids are added. */
export function latestIds(item: Item | undefined): number {
  return item?.[cur]?.SS?.length ?? 0;
}

/** The length of an id: of `random.id()` and of a hashed token. */
export const idLength = 12;

const writeUnitBytes = 1024;
/** The attributes beside the key and the ids: names, 38 digits with a sign, an expiry. */
const otherBytes = 48;
/** Leaves room for what lands while a full set is turned. */
const setSizeUsual = 33;
/** A row with fewer ids a set would need more than 1.1 requests a change. */
const setSizeMin = 10;

/**
 * After how many ids the sets are turned, when the user does not say: so many that a row with two
 * full sets costs one write unit, also with a long key.
 */
export function setSizeFor({ key, owner }: OwnedKey): number {
  const ownerBytes = owner === undefined ? 0 : utf8Bytes(namespace + owner);
  const room = writeUnitBytes - otherBytes - itemBytes(key) - ownerBytes;
  return Math.min(setSizeUsual, Math.max(setSizeMin, Math.floor(room / (2 * idLength))));
}
