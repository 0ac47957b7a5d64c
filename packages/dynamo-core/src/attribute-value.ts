import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { checkWellFormed } from './input-checks.js';

export type { AttributeValue };

/** A row, or a part of one, as it goes over the wire. */
export type Item = Record<string, AttributeValue>;

/** A string attribute in wire shape. Refuses halves of surrogate pairs, see `checkWellFormed`. */
export function S(value: string): AttributeValue.SMember {
  checkWellFormed('a text to be stored', value);
  return { S: value };
}

/** A number attribute in wire shape. A `bigint` keeps all of its digits. */
export function N(value: number | bigint): AttributeValue.NMember {
  return { N: String(value) };
}

/** The string attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function stringOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S;
}

/** The number attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function numberOf(item: Item | undefined, name: string): number | undefined {
  const digits = item?.[name]?.N;
  return digits === undefined ? undefined : Number(digits);
}
