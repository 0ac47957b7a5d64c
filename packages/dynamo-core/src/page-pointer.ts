import type { Item } from './attribute-value.js';
import type { Brand } from './brands.js';
import { InvalidInputError } from './errors.js';

/**
 * Where a listing goes on: opaque, and a plain string, so that it can travel in a URL or a message.
 * It stays valid as long as the table exists.
 */
export type PagePointer = Brand<string, 'PagePointer'>;

/** Makes a pointer of the key that a page ended at. */
export function toPagePointer(lastEvaluatedKey: Item): PagePointer {
  return Buffer.from(JSON.stringify(lastEvaluatedKey)).toString('base64url') as PagePointer;
}

/** The key that a pointer stands for. Throws an `InvalidInputError` for anything else. */
export function fromPagePointer(field: string, pointer: string): Item {
  try {
    const key: unknown = JSON.parse(Buffer.from(pointer, 'base64url').toString('utf8'));
    if (typeof key === 'object' && key !== null && !Array.isArray(key)) return key as Item;
  } catch {
    // Whatever is not JSON is answered below, like JSON that is not a key.
  }
  throw new InvalidInputError(field, pointer, 'a page pointer that a listing returned');
}
