import type { AttributeValue, Item } from './transport.js';
import type { Codec } from './attributes.js';
import { InvalidInputError, type CallerKey } from './errors.js';
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
  // Who mistakes the order of the arguments passes the value.
  throw new InvalidInputError(field, token, 'the version of an entry that was read', {
    isData: true,
  });
}

/** Throws where the change returned nothing for a value that it has changed in place. */
export async function checkUntouched(
  { codec, callerKey }: { readonly codec: Codec; readonly callerKey: CallerKey },
  stored: StoredValue,
  current: unknown,
): Promise<void> {
  const before = await codec.encode(await codec.decode(stored.data, callerKey), callerKey);
  if (isSameData(await codec.encode(current, callerKey), before)) return;
  const allowed = 'the value that it changed in place, as nothing else is stored';
  throw new InvalidInputError('what the change returns', undefined, allowed);
}

/** Whether two attributes store the same; a `Buffer` is the `Uint8Array` of its bytes. */
export function isSameData(one: AttributeValue, other: AttributeValue | undefined): boolean {
  if (other === undefined) return false;
  return one.S === undefined ? digestOf(one) === digestOf(other) : one.S === other.S;
}
