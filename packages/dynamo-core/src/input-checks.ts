import { InvalidInputError, show } from './errors.js';

/** Throws unless `value` is a whole number from `min` to `max`. */
export function checkInteger(
  field: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new InvalidInputError(field, value, `a whole number ${range(min, max)}`);
  }
}

/** Throws unless `value` is a finite number above zero. */
export function checkPositive(field: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidInputError(field, value, 'a finite number above 0');
  }
}

/** The most bytes of UTF-8 that DynamoDB takes in a key attribute. */
export const keyBytesMax = { partition: 2048, sort: 1024 } as const;

/**
 * Half of a surrogate pair, which has no UTF-8 form. Not `/\p{Surrogate}/u`: the build makes a call
 * of it, which stays in every bundle.
 */
const halfSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Throws unless `value` can be a key attribute: a string of 1 to `bytesMax` bytes of UTF-8, without
 * halves of surrogate pairs (encoded, all of them are the same replacement character, so that
 * different keys would share a row). A key is shown in the message, `isData` is not.
 */
export function checkKeyText(
  field: string,
  value: string,
  bytesMax: number,
  shown?: { readonly isData: true },
): void {
  if (typeof value !== 'string' || value === '') {
    throw new InvalidInputError(field, value, 'a string that is not empty', shown);
  }
  checkWellFormed(field, value);
  // A UTF-16 unit takes at most three bytes, so that short keys need no counting.
  if (value.length * 3 > bytesMax && utf8Bytes(value) > bytesMax) {
    const allowed = `at most ${bytesMax} bytes, it has ${utf8Bytes(value)}`;
    throw new InvalidInputError(field, value, allowed, shown);
  }
}

/**
 * Throws for text with halves of surrogate pairs: stored or hashed, each of them is the same
 * replacement character, so that different texts would become one.
 */
export function checkWellFormed(field: string, text: string): void {
  if (!isWellFormed(text)) {
    throw new InvalidInputError(field, text, 'without halves of surrogate pairs', { isData: true });
  }
}

/** Whether all surrogates of a text come in pairs. */
export function isWellFormed(text: string): boolean {
  return !halfSurrogate.test(text);
}

/** Throws unless `value` is one of `allowed`. */
export function checkOneOf<T extends string>(field: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidInputError(field, value, `one of ${allowed.map(show).join(', ')}`);
  }
}

/** How many bytes a string takes in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function range(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}
