import type { AttributeValue } from '@x/dynamo-core';

import { compareDecimals, parseDecimal } from './decimal.js';
import { setElements, typeOf } from './value-type.js';

/**
 * The order of two strings, numbers or binaries: strings by their UTF-8 bytes, binaries as unsigned
 * bytes. `undefined` when the two are not of one ordered type.
 */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.S !== undefined && right.S !== undefined) return compareStrings(left.S, right.S);
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  if (left.B !== undefined && right.B !== undefined) return compareBytes(left.B, right.B);
  return undefined;
}

/** Deep equality: numbers by value, sets without regard to their order. */
export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  if (left === right) return true;
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  switch (type) {
    case 'B':
      return compareBytes(left.B as Uint8Array, right.B as Uint8Array) === 0;
    case 'L':
      return equalLists(left.L as AttributeValue[], right.L as AttributeValue[]);
    case 'M':
      return equalMaps(left.M ?? {}, right.M ?? {});
    case 'SS':
    case 'NS':
    case 'BS':
      return equalSets(left, right);
    default:
      // Numbers are stored in their canonical text, so that equal ones have the same.
      return left[type] === right[type];
  }
}

/** A text that two elements of a set share exactly when they are equal. */
export function elementKey(element: string | Uint8Array): string {
  return typeof element === 'string' ? element : Buffer.from(element).toString('latin1');
}

/** Unsigned bytes, a prefix before what it is a prefix of. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  // UTF-16 order differs from UTF-8 order only where surrogates are involved.
  return /[\uD800-\uFFFF]/.test(left) && /[\uD800-\uFFFF]/.test(right)
    ? Buffer.compare(Buffer.from(left), Buffer.from(right))
    : left < right
      ? -1
      : 1;
}

function compareNumbers(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [Number(left), Number(right)];
  // The nearest doubles of two numbers never have the wrong order, they can only be equal.
  return a === b ? compareDecimals(parseDecimal(left), parseDecimal(right)) : a < b ? -1 : 1;
}

function equalLists(left: readonly AttributeValue[], right: readonly AttributeValue[]): boolean {
  return (
    left.length === right.length &&
    left.every((element, index) => equalValues(element, right[index] as AttributeValue))
  );
}

function equalMaps(
  left: Record<string, AttributeValue>,
  right: Record<string, AttributeValue>,
): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const [a, b] = [left[name], Object.hasOwn(right, name) ? right[name] : undefined];
    return a !== undefined && b !== undefined && equalValues(a, b);
  });
}

function equalSets(left: AttributeValue, right: AttributeValue): boolean {
  const [a, b] = [setElements(left) ?? [], setElements(right) ?? []];
  const keys = new Set(b.map(elementKey));
  return a.length === b.length && a.every((element) => keys.has(elementKey(element)));
}
