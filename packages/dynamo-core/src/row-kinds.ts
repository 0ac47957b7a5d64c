import type { Clock } from './clock.js';
import { numberOf, stringOf } from './attributes.js';
import type { Item } from './transport.js';
import { KeyCollisionError, type CallerKey } from './errors.js';
import { isExpired, expirySeconds, type ExpiryOptions } from './input-checks.js';
import { isRegister } from './recent-ids.js';

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
  if (other !== undefined) throw besideError(key, nouns[other]);
}

/** A write that was refused, as far as other things in the row may be the reason. */
export interface RefusedWrite {
  /** The key, for errors. */
  readonly displayKey: CallerKey;
  readonly own: RowKind;
  /** The namespace of the write, where keys of two namespaces can meet. */
  readonly owner?: { readonly name: string; readonly value: string } | undefined;
  readonly dataName?: string | undefined;
  readonly ttlName?: string | undefined;
  /** Whether the write brings an expiry. */
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
  refused: RefusedWrite,
  item: Item | undefined,
  nowMs: number,
): 'absent' | 'expired' | 'refused' {
  if (item === undefined) return 'absent';
  const { displayKey, own, owner, dataName = 'data', bringsExpiry, isUnmet = false } = refused;
  const expiresAt = numberOf(item, refused.ttlName ?? 'expiresAt');
  if (isExpired(expiresAt, nowMs)) return 'expired';
  const actual = owner && stringOf(item, owner.name);
  if (actual !== undefined && actual !== owner?.value) {
    throw new KeyCollisionError(displayKey, `it is a row of the namespace "${actual}"`);
  }
  if (isUnmet) return 'refused';
  if (expiresAt !== undefined && item[marksOf(dataName)[own]] === undefined) {
    const other = kindBeside(item, own, dataName);
    throw besideError(displayKey, other === undefined ? 'something else' : nouns[other]);
  }
  // Not any kind: the ids of expired attempts stay in a row that was replaced.
  const other = own === 'value' ? 'count' : 'value';
  if (bringsExpiry && item[marksOf(dataName)[other]] !== undefined) {
    throw besideError(displayKey, nouns[other]);
  }
  return 'refused';
}

/**
 * What a write takes out of a row that has expired: all but its key, what the write stores itself
 * and the remembered ids, since a late copy of what they stand for must not come back.
 */
export function expiredNames(item: Item, kept: readonly string[]): string[] {
  return Object.keys(item).filter((name) => !kept.includes(name) && !isRegister(name));
}

function marksOf(dataName: string): Record<RowKind, string> {
  return { count: 'count', value: dataName, attempts: 'r0', claim: 'lease' };
}

function besideError(key: CallerKey, what: string): KeyCollisionError {
  return new KeyCollisionError(
    key,
    `the row holds ${what}, and a row that expires holds one thing`,
  );
}

/** The row of a value whose write was refused. */
export interface RefusedValue {
  readonly callerKey: CallerKey;
  readonly owner?: RefusedWrite['owner'];
  readonly names: { readonly data: string; readonly expiresAt: string };
  readonly clock: Clock;
}

/** Why a write of a value was refused, by the existing row: one that demands a value is so at once. */
export function valueRefusal(
  { callerKey, owner, names, clock }: RefusedValue,
  { expiry }: { readonly expiry: ExpiryOptions },
  demand: ((nowMs: number) => { readonly demands: 'value' | 'absence' }) | undefined,
  item: Item | undefined,
): 'absent' | 'expired' | 'refused' {
  const nowMs = clock.now();
  const isThere = item?.[names.data] !== undefined;
  const demands = demand?.(nowMs).demands;
  const isUnmet = demands !== undefined && isThere !== (demands === 'value');
  const bringsExpiry = expirySeconds(expiry, clock) !== undefined;
  const write = {
    displayKey: callerKey,
    own: 'value',
    owner,
    dataName: names.data,
    ttlName: names.expiresAt,
    bringsExpiry,
    isUnmet,
  } as const;
  const refusal = readRefusal(write, item, nowMs);
  return demands === 'value' ? 'refused' : refusal;
}

/** The condition under which a delete takes the whole row: there is nothing beside its own part. */
export function isOnly(own: 'value' | 'count'): string {
  const [mine, other] = own === 'value' ? ['#data', '#count'] : ['#count', '#data'];
  return `attribute_exists(${mine}) AND attribute_not_exists(${other})`;
}

/** The condition under which a delete takes its own part and leaves the rest. */
export const hasBoth = 'attribute_exists(#data) AND attribute_exists(#count)';
