import type { AttributeValue, Item } from './attribute-value.js';
import { numberOf, stringOf } from './attribute-value.js';
import { InvalidInputError } from './errors.js';
import { isExpired } from './expiry.js';
import { digestOf } from './token-id.js';

/** The names of the attributes in which a table keeps a value. */
export interface ValueAttributes {
  readonly data: string;
  /** Changes with each write of the value. */
  readonly version: string;
  readonly expiresAt: string;
}

/** Where a row is and how its attributes are called. */
export interface RowAddress {
  readonly tableName: string;
  readonly key: Item;
  readonly names: ValueAttributes;
  readonly owner?: RowOwner | undefined;
}

/**
 * The namespace of a row, kept in an attribute, because keys alone are ambiguous: `a` + `b.c` and
 * `a.b` + `c` meet in one. The original's rows have none; they belong to whoever has the key.
 */
export interface RowOwner {
  readonly name: string;
  readonly value: string;
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

function otherOwner(item: Item | undefined, owner: RowOwner | undefined): string | undefined {
  const actual = owner && stringOf(item, owner.name);
  return actual === owner?.value ? undefined : actual;
}

/**
 * What a caller holds to say "only if it is still this one": the version, or a digest of the data
 * of a row without one. A plain string that can travel: it shows nothing of what is stored.
 */
export function versionToken({ version, data }: Omit<StoredValue, 'expiresAt'>): string {
  return version === undefined ? `data:${digestOf(data)}` : `id:${version}`;
}

/**
 * The version that a token stands for; `undefined` for a digest of data. Throws an
 * `InvalidInputError` for what is no token.
 */
export function fromVersionToken(field: string, token: string): string | undefined {
  if (typeof token === 'string' && /^data:[\w-]{43}$/.test(token)) return undefined;
  if (typeof token === 'string' && token.startsWith('id:')) return token.slice('id:'.length);
  throw new InvalidInputError(field, token, 'the version of an entry that was read');
}
