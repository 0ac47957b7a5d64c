import type { Item } from './transport.js';
import { InvalidInputError } from './errors.js';
import type { Brand } from './brands.js';
import { fromWireJson, toWireJson } from './wire-json.js';

/**
 * Where a listing goes on: opaque, and a plain string, so that it can travel in a URL or a message.
 * It stays valid as long as the table exists.
 */
export type PagePointer = Brand<string, 'PagePointer'>;

/** Makes a pointer of the key that a page ended at. */
export function toPagePointer(lastEvaluatedKey: Item): PagePointer {
  return Buffer.from(toWireJson(lastEvaluatedKey)).toString('base64url') as PagePointer;
}

/** The key that a pointer stands for. Throws an `InvalidInputError` for anything else. */
export function fromPagePointer(field: string, pointer: string): Item {
  try {
    const key = fromWireJson(Buffer.from(pointer, 'base64url').toString('utf8'));
    if (isKey(key)) return key;
  } catch {
    // What is not JSON is answered below, like JSON that is not a key.
  }
  throw new InvalidInputError(field, pointer, 'a page pointer that a listing returned');
}

function isKey(value: unknown): value is Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const attributes: unknown[] = Object.values(value);
  return (
    attributes.length > 0 &&
    attributes.every((attribute) => typeof attribute === 'object' && attribute !== null)
  );
}
