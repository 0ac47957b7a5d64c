import type { Brand } from './brands.js';
import { InvalidInputError } from './errors.js';

/**
 * Where a listing goes on: opaque, and a plain string, so that it can travel in a URL or a message.
 * It stays valid as long as the table exists.
 */
export type PagePointer = Brand<string, 'PagePointer'>;

/** Makes a pointer of the key that a page ended at. */
export function toPagePointer(key: string): PagePointer {
  return Buffer.from(key).toString('base64url') as PagePointer;
}

/**
 * What follows `prefix`, with which all keys of the listing begin, in the key that a pointer stands for.
 * Throws an `InvalidInputError` for a pointer of another listing, and for what is none.
 */
export function fromPagePointer(field: string, pointer: string, prefix: string): string {
  const key = typeof pointer === 'string' ? Buffer.from(pointer, 'base64url').toString() : '';
  // What is no base64, or no text in it, is not what it would be made of again.
  if (key.startsWith(prefix) && key !== prefix && toPagePointer(key) === pointer) {
    return key.slice(prefix.length);
  }
  throw new InvalidInputError(field, pointer, 'a page pointer that a listing returned');
}
