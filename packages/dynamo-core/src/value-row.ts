import type { AttributeValue, Item } from './attribute-value.js';
import { numberOf, stringOf } from './attribute-value.js';
import { InvalidInputError, KeyCollisionError, type CallerKey } from './errors.js';
import { isExpired } from './expiry.js';
import { fromWireJson, toWireJson } from './wire-json.js';
import type { RowAddress, RowOwner } from './value-requests.js';

/** The names of the attributes in which a table keeps a value. */
export interface ValueAttributes {
  readonly data: string;
  /** Changes with each write of the value. */
  readonly version: string;
  readonly expiresAt: string;
}

/** A value as it is stored. */
export interface StoredValue {
  readonly data: AttributeValue;
  /** Absent on rows that were written by the original's plain `set`. */
  readonly version: string | undefined;
  /** In whole seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/**
 * The value in a row; `undefined` when there is no row, no value in it, an expired one, or one of
 * another namespace.
 */
export function storedValue(
  item: Item | undefined,
  { names, owner }: Pick<RowAddress, 'names' | 'owner'>,
  nowMs: number,
): StoredValue | undefined {
  const data = item?.[names.data];
  const expiresAt = numberOf(item, names.expiresAt);
  if (data === undefined || isExpired(expiresAt, nowMs)) return undefined;
  if (otherOwner(item, owner) !== undefined) return undefined;
  return { data, version: stringOf(item, names.version), expiresAt };
}

/** Throws a `KeyCollisionError` for a row that belongs to another namespace. */
export function checkOwner(key: CallerKey, item: Item | undefined, owner?: RowOwner): void {
  const other = otherOwner(item, owner);
  if (other !== undefined)
    throw new KeyCollisionError(key, `it is a row of the namespace "${other}"`);
}

function otherOwner(item: Item | undefined, owner: RowOwner | undefined): string | undefined {
  const actual = owner && stringOf(item, owner.name);
  return actual === owner?.value ? undefined : actual;
}

/**
 * A version holds the ids of the latest writes, the newest first. The chain lets a write recognise
 * itself when its response was lost and others have changed the value since, as long as fewer than
 * this many of them did. A write that does not know what it replaces (a plain `set`) begins a chain
 * of its own, and so does one that follows a deletion or an expiry.
 */
const versionIdsMax = 8;

/** The version after `previous`, made by the write with this id. */
export function nextVersion(id: string, previous: string | undefined): string {
  return [id, ...(previous?.split('.') ?? [])].slice(0, versionIdsMax).join('.');
}

/** Whether the write with this id is among those that led to the row. */
export function wroteRow(item: Item, id: string, names: ValueAttributes): boolean {
  return stringOf(item, names.version)?.split('.').includes(id) ?? false;
}

/**
 * What a caller holds to say "only if it is still this one": the version, or the data itself of a
 * row without one. A plain string, so that it can travel.
 */
export function versionToken({ version, data }: Omit<StoredValue, 'expiresAt'>): string {
  return version === undefined ? `data:${toWireJson(data)}` : `id:${version}`;
}

/** What a token demands of the row. Throws an `InvalidInputError` for anything else. */
export function fromVersionToken(field: string, token: string): Omit<StoredValue, 'expiresAt'> {
  if (typeof token === 'string' && token.startsWith('id:')) {
    return { version: token.slice('id:'.length), data: { NULL: true } };
  }
  try {
    if (token.startsWith('data:')) {
      const data = fromWireJson(token.slice('data:'.length)) as AttributeValue;
      return { version: undefined, data };
    }
  } catch {
    // Whatever is not JSON is answered below.
  }
  throw new InvalidInputError(field, token, 'the version of an entry that was read');
}
