import type { AttributeValue, Item } from './attribute-value.js';
import { N, S } from './attribute-value.js';
import type { RowOwner } from './value-row.js';

/** A condition on the row, with the values of its placeholders. */
export interface Condition {
  readonly expression: string;
  readonly values: Item;
}

/** What a write demands of a value. */
export interface RowCondition extends Condition {
  /** Whether it holds for a value alone, or where there is none alone. */
  readonly demands: 'value' | 'absence';
}

/** The version that a row must have; where it has none, the data tell it. */
export interface ExpectedValue {
  readonly version: string | undefined;
  readonly data?: AttributeValue;
}

/** There is no value, or only one that has expired. */
export function isAbsent(nowMs: number): RowCondition {
  return {
    expression: '(attribute_not_exists(#data) OR #expiresAt <= :now)',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demands: 'absence',
  };
}

/** There is a value, and it has not expired. */
export function isPresent(nowMs: number): RowCondition {
  return {
    expression:
      'attribute_exists(#data) AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now)',
    values: { ':now': N(Math.floor(nowMs / 1000)) },
    demands: 'value',
  };
}

/** The value is still the one that was read, and has not expired. */
export function isUnchanged({ version, data }: ExpectedValue, nowMs: number): RowCondition {
  const present = isPresent(nowMs);
  // On a row of the original's plain `set`, only the data itself tells whether it changed.
  const same = version === undefined ? 'attribute_not_exists(#newest) AND #data' : '#newest';
  return {
    expression: `${same} = :read AND ${present.expression}`,
    values: {
      ':read': version === undefined ? (data as AttributeValue) : S(version),
      ...present.values,
    },
    demands: 'value',
  };
}

/** The condition, and that the row is not another namespace's. */
export function ownedBy(owner: RowOwner | undefined, condition: Condition): Condition {
  if (owner === undefined) return condition;
  const mine = '(attribute_not_exists(#owner) OR #owner = :owner)';
  return {
    expression: all(condition.expression, mine),
    values: { ...condition.values, ':owner': S(owner.value) },
  };
}

/** All of the conditions that there are. */
export function all(...conditions: readonly (string | undefined)[]): string {
  return conditions.filter((each) => each !== undefined).join(' AND ');
}

/** The name of the placeholder in `ownedBy()`. */
export function ownerNames(owner: RowOwner | undefined): Record<string, string> {
  return owner === undefined ? {} : { '#owner': owner.name };
}
