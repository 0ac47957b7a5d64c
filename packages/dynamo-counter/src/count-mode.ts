import { InvalidInputError, UnreadableRowError } from '@x/dynamo-core';

import { UnsafeCountError } from './errors.js';

/** What counts are in JavaScript: numbers to 2^53 - 1, or bigints of up to 38 digits. */
export type CountMode = 'number' | 'bigint';

/** The type of a count in each mode. */
export type CountOf<M extends CountMode> = M extends 'bigint' ? bigint : number;

/** A count as it is stored: exact, or a number where it is a fraction, which the original allows. */
export type Count = bigint | number;

/** The largest count of each mode; the smallest one is its negative. */
export const countMax: Readonly<Record<CountMode, bigint>> = {
  number: BigInt(Number.MAX_SAFE_INTEGER),
  // DynamoDB keeps 38 significant digits.
  bigint: 10n ** 38n - 1n,
};

/** Checks what a caller passes as a count and makes it exact for computing. */
export function takeCount(mode: CountMode, field: string, value: number | bigint): bigint {
  if (mode === 'number' ? !Number.isSafeInteger(value) : !isBigCount(value)) {
    const allowed =
      mode === 'number'
        ? 'a whole number of at most 2^53 - 1 (a counter with `mode: "bigint"` counts further)'
        : 'a bigint of at most 38 digits';
    throw new InvalidInputError(field, value, allowed);
  }
  return BigInt(value);
}

/**
 * A count in the type of the mode. Throws an `UnsafeCountError` for one that would be rounded, and
 * an `UnreadableRowError` for a fraction as a bigint.
 */
export function giveCount<M extends CountMode>(mode: M, key: string, count: Count): CountOf<M> {
  if (mode === 'bigint') {
    if (typeof count === 'bigint') return count as CountOf<M>;
    const reason = `its count ${count} is a fraction: read it with a counter of mode "number"`;
    throw new UnreadableRowError(key, reason);
  }
  if (count > countMax.number || count < -countMax.number) {
    throw new UnsafeCountError(key, BigInt(count));
  }
  return Number(count) as CountOf<M>;
}

/**
 * The count that DynamoDB's digits stand for. Throws an `UnreadableRowError` for an attribute that
 * is no number.
 */
export function parseCount(key: string, digits: string | undefined): Count {
  if (digits === undefined || !/\d/.test(digits)) {
    throw new UnreadableRowError(key, 'its count is no number');
  }
  return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits);
}

function isBigCount(value: unknown): boolean {
  return typeof value === 'bigint' && value <= countMax.bigint && value >= -countMax.bigint;
}
