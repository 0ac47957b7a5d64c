import type { Clock } from './clock.js';
import { numberOf, stringOf } from './attributes.js';
import type { Registers } from './recent-ids.js';
import type { Item } from './transport.js';
import type { CallerKey } from './errors.js';
import { KeyCollisionError } from './write-errors.js';
import { isExpired, expirySeconds, type ExpiryOptions } from './input-checks.js';
import { type RowAddress, otherOwner } from './write-value.js';

/** What a row may hold. */
export type RowKind = 'value' | 'count' | 'attempts' | 'claim';

const nouns: Record<RowKind, string> = {
  value: 'a value',
  count: 'a count',
  attempts: 'the attempts of a limit',
  claim: 'a claim of do-once',
};

/**
 * What a row holds beside what is written there, told by the attribute that each kind always has;
 * `undefined` where there is nothing else. It may have expired: ask that first.
 */
export function kindBeside(
  item: Item | undefined,
  own: RowKind,
  dataName: string = 'data',
): RowKind | undefined {
  if (item === undefined) return undefined;
  const marks = marksOf(dataName);
  const kinds = Object.keys(marks) as RowKind[];
  return kinds.find((kind) => kind !== own && item[marks[kind]] !== undefined);
}

/** A row that expires holds one thing: throws a `KeyCollisionError` where there is another. */
export function checkAlone(
  key: CallerKey,
  item: Item | undefined,
  own: RowKind,
  dataName?: string,
): void {
  const other = kindBeside(item, own, dataName);
  if (other !== undefined) throw besideError(key, other);
}

/** The row whose write was refused. */
export interface RefusedRow extends Pick<RowAddress, 'owner'> {
  /** The key, for errors. */
  readonly callerKey: CallerKey;
  readonly names: Pick<RowAddress['names'], 'data' | 'expiresAt'>;
}

/** What the write would do. */
export interface RefusedWrite {
  /** Whether it brings an expiry. */
  readonly bringsExpiry: boolean;
  /** Whether the row is not as the write demands besides: nothing else matters then. */
  readonly isUnmet?: boolean;
}

/**
 * Reads the existing row of a failed condition, which does not remember the write, in the one order:
 * `absent` or `expired` (to be sent again, over what has expired), another namespace's row (a
 * `KeyCollisionError`), a row that is not as the write demands (`refused`), another thing beside which the write
 * may not stand (a `KeyCollisionError`), else `refused`.
 */
export function readRefusal(
  own: 'value' | 'count',
  { callerKey, owner, names }: RefusedRow,
  { bringsExpiry, isUnmet = false }: RefusedWrite,
  item: Item | undefined,
  nowMs: number,
): 'absent' | 'expired' | 'refused' {
  if (item === undefined) return 'absent';
  const expiresAt = numberOf(item, names.expiresAt);
  if (isExpired(expiresAt, nowMs)) return 'expired';
  const actual = otherOwner(item, owner);
  if (actual !== undefined) {
    throw new KeyCollisionError(callerKey, `it is a row of the namespace "${actual}"`);
  }
  if (isUnmet) return 'refused';
  const marks = marksOf(names.data);
  if (expiresAt !== undefined && item[marks[own]] === undefined) {
    throw besideError(callerKey, kindBeside(item, own, names.data));
  }
  // Not any kind: the ids of expired attempts stay in a row that was replaced.
  const other = own === 'value' ? 'count' : 'value';
  if (bringsExpiry && item[marks[other]] !== undefined) throw besideError(callerKey, other);
  return 'refused';
}

/** What is taken out of a row, with a placeholder for each attribute. */
export interface Dropped {
  /** Joined for the clause `REMOVE`; empty where there is nothing. */
  readonly places: string;
  readonly names: Readonly<Record<string, string>>;
}

/**
 * What a write takes out of a row that has expired: all but its key, what the write stores itself
 * and the remembered ids, since a late copy of what they stand for must not come back.
 */
export function droppedOf(expired: Item, kept: readonly string[]): Dropped {
  const dropped = Object.keys(expired).filter((name) => !kept.includes(name) && !isRegister(name));
  const names = Object.fromEntries(dropped.map((name, index) => [`#old${index}`, name]));
  return { places: Object.keys(names).join(', '), names };
}

/** Whether an attribute is one of the registers of any kind of row. */
export function isRegister(name: string): boolean {
  return /^(version|md5|[cvr]\d+)$/.test(name);
}

function marksOf(dataName: string): Record<RowKind, string> {
  return { count: 'count', value: dataName, attempts: 'r0', claim: 'lease' };
}

function besideError(key: CallerKey, kind: RowKind | undefined): KeyCollisionError {
  const what = kind === undefined ? 'something else' : nouns[kind];
  return new KeyCollisionError(
    key,
    `the row holds ${what}, and a row that expires holds one thing`,
  );
}

/** Why a write of a value was refused, by the existing row: one that demands a value is so at once. */
export function valueRefusal(
  row: RefusedRow & { readonly clock: Clock },
  { expiry }: { readonly expiry: ExpiryOptions },
  demand: ((nowMs: number) => { readonly demands: 'value' | 'absence' }) | undefined,
  item: Item | undefined,
): 'absent' | 'expired' | 'refused' {
  const nowMs = row.clock.now();
  const isThere = item?.[row.names.data] !== undefined;
  const demands = demand?.(nowMs).demands;
  const write = {
    bringsExpiry: expirySeconds(expiry, row.clock) !== undefined,
    isUnmet: demands !== undefined && isThere !== (demands === 'value'),
  };
  const refusal = readRefusal('value', row, write, item, nowMs);
  return demands === 'value' ? 'refused' : refusal;
}

/** The condition under which a delete takes the whole row: there is nothing beside its own part. */
export function isOnly(own: 'value' | 'count'): string {
  const [mine, other] = own === 'value' ? ['#data', '#count'] : ['#count', '#data'];
  return `attribute_exists(${mine}) AND attribute_not_exists(${other})`;
}

/** The condition under which a delete takes its own part and leaves the rest. */
export const hasBoth = 'attribute_exists(#data) AND attribute_exists(#count)';

/** For the condition: the registers of a row hold no id that begins with `:token`. */
export function isNewToken([, ...older]: Registers): string {
  const places = ['#newest', ...older];
  return `NOT (${places.map((place) => `begins_with(${place}, :token)`).join(' OR ')})`;
}

/** The id that begins with `token` among the latest of the row. */
export function remembered(
  item: Item | undefined,
  all: Registers,
  token: string,
): string | undefined {
  return all.map((name) => stringOf(item, name)).find((id) => id?.startsWith(token));
}
