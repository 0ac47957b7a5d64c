// What few writes demand of a value, and what reads ask of it: loaded with those.

import { N, S } from './attributes.js';
import type { AttributeValue } from './transport.js';
import type { RowCondition } from './write-value.js';

/** The version that a row must have; where it has none, the data tell it. */
export interface ExpectedValue {
  readonly version: string | undefined;
  readonly data?: AttributeValue;
}

/** There is a value (or a count, where that is meant too), and it has not expired. */
export function isPresent(nowMs: number, orCount = false): RowCondition {
  const some = 'attribute_exists(#data)';
  const any = orCount ? `(${some} OR attribute_exists(#count))` : some;
  return {
    // Not by what is later: another program's expiry may be no number, and is none.
    expression: `${any} AND NOT #expiresAt <= :now`,
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demands: 'value',
  };
}

/** The value is still the one that was read, and has not expired. */
export function isUnchanged({ version, data }: ExpectedValue, nowMs: number): RowCondition {
  const present = isPresent(nowMs);
  // On a row of the original's plain `set`, or with a version of another program's, only the data itself
  // tells whether it changed.
  const same = version === undefined ? 'NOT #newest >= :none AND #data' : '#newest';
  return {
    expression: `${same} = :read AND ${present.expression}`,
    values: {
      ':read': version === undefined ? (data as AttributeValue) : S(version),
      ':none': S(''),
      ...present.values,
    },
    demands: 'value',
  };
}
