import type { AttributeValue, KeyAttribute } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { compareValues } from '../values/compare-values.js';
import { typeOf } from '../values/value-type.js';
import { beginsWith } from './condition-evaluator.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Comparator, Condition, Operand } from './syntax-tree.js';

/** The keys of a table. */
export interface KeySchema {
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute | undefined;
}

/** What a query looks for: one partition, and the sort keys that are in it. */
export interface KeyRange {
  readonly partition: AttributeValue;
  /** Negative for a sort key before the range, 0 for one in it, positive for one behind it. */
  readonly place: KeyPlace;
}

type KeyPlace = (sortKey: AttributeValue | undefined) => number;

/** One comparison of a key condition, with its key on the left. */
interface Term {
  readonly name: string;
  readonly isEquality: boolean;
  readonly values: readonly AttributeValue[];
  readonly place: KeyPlace;
}

const mirrored: Readonly<Record<Comparator, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** Reads a key condition for a table: equality for the partition, a range for the sort key. */
export function readKeyCondition(
  condition: Condition,
  placeholders: Placeholders,
  { partitionKey, sortKey }: KeySchema,
  indexName?: string,
): KeyRange {
  const terms = termsOf(condition, placeholders);
  if (new Set(terms.map(({ name }) => name)).size < terms.length) {
    throw validationError('KeyConditionExpressions must only contain one condition per key');
  }
  const partition = terms.find(({ name }) => name === partitionKey.name);
  if (!partition) throw missedKey(partitionKey);
  const sort = terms.find((term) => term !== partition);
  if (!partition.isEquality || (sort && !sortKey)) {
    throw validationError('Query key condition not supported');
  }
  if (sort && sortKey && sort.name !== sortKey.name) throw missedKey(sortKey);
  checkValues(partition, partitionKey, indexName);
  if (sort && sortKey) checkValues(sort, sortKey, indexName);
  return {
    partition: partition.values[0] as AttributeValue,
    place: sort?.place ?? (() => 0),
  };
}

function missedKey({ name }: KeyAttribute): Error {
  return validationError(`Query condition missed key schema element: ${name}`);
}

function checkValues(
  { values }: Term,
  { name, type }: KeyAttribute,
  indexName: string | undefined,
): void {
  for (const value of values) {
    if (typeOf(value) !== type) {
      throw validationError(
        'One or more parameter values were invalid: ' +
          'Condition parameter type does not match schema type',
      );
    }
    if (value.S !== '' && value.B?.length !== 0) continue;
    const kind = value.S === '' ? 'string' : 'binary';
    const empty = `The AttributeValue for a key attribute cannot contain an empty ${kind} value.`;
    throw validationError(
      `One or more parameter values are not valid. ${
        indexName === undefined
          ? `${empty} Key: ${name}`
          : `A value specified for a secondary index key is not supported. ${empty} ` +
            `IndexName: ${indexName}, IndexKey: ${name}`
      }`,
    );
  }
}

function termsOf(condition: Condition, placeholders: Placeholders): Term[] {
  if (condition.kind !== 'and') return [termOf(condition, placeholders)];
  return [...termsOf(condition.left, placeholders), ...termsOf(condition.right, placeholders)];
}

function termOf(condition: Condition, placeholders: Placeholders): Term {
  const name = (operand: Operand): string => keyName(operand, placeholders);
  const value = (operand: Operand): AttributeValue => literal(operand, placeholders);
  switch (condition.kind) {
    case 'compare': {
      const isMirrored = condition.left.kind === 'value';
      const [key, bound] = isMirrored
        ? [condition.right, condition.left]
        : [condition.left, condition.right];
      const comparator = isMirrored ? mirrored[condition.comparator] : condition.comparator;
      if (comparator === '<>') throw invalidOperator('<>');
      const [keyNamed, limit] = [name(key), value(bound)];
      return {
        name: keyNamed,
        isEquality: comparator === '=',
        values: [limit],
        place: (each) => placeBy(comparator, order(each, limit)),
      };
    }
    case 'between': {
      const [low, high] = [value(condition.low), value(condition.high)];
      return {
        name: name(condition.operand),
        isEquality: false,
        values: [low, high],
        place: (each) => (order(each, low) < 0 ? -1 : placeBy('<=', order(each, high))),
      };
    }
    case 'call': {
      const [key, prefix] = condition.operands;
      if (condition.predicate !== 'begins_with' || !key || !prefix) {
        throw invalidOperator(condition.predicate);
      }
      if (key.kind !== 'path') {
        throw validationError(
          'Invalid condition in KeyConditionExpression: begins_with operator must have the key ' +
            'attribute as its first operand',
        );
      }
      const text = value(prefix);
      return {
        name: name(key),
        isEquality: false,
        values: [text],
        place: (each) => (beginsWith(each, text) ? 0 : order(each, text)),
      };
    }
    default:
      throw invalidOperator(condition.kind.toUpperCase());
  }
}

function order(key: AttributeValue | undefined, bound: AttributeValue): number {
  return (key && compareValues(key, bound)) ?? 0;
}

/** Where a key stands whose order to the bound this is. */
function placeBy(comparator: Exclude<Comparator, '<>'>, ordered: number): number {
  switch (comparator) {
    case '=':
      return ordered;
    case '<':
      return ordered < 0 ? 0 : 1;
    case '<=':
      return ordered <= 0 ? 0 : 1;
    case '>':
      return ordered > 0 ? 0 : -1;
    case '>=':
      return ordered >= 0 ? 0 : -1;
  }
}

function keyName(operand: Operand, placeholders: Placeholders): string {
  if (operand.kind === 'size') {
    throw validationError('KeyConditionExpressions cannot contain nested operations');
  }
  if (operand.kind !== 'path') {
    throw validationError(
      'Invalid condition in KeyConditionExpression: a key attribute is required here',
    );
  }
  const [name, ...below] = resolvePath(operand.path, placeholders);
  if (below.length > 0) {
    throw validationError('KeyConditionExpressions cannot have conditions on nested attributes');
  }
  return name as string;
}

function literal(operand: Operand, { values }: Placeholders): AttributeValue {
  if (operand.kind === 'value') return values[operand.placeholder] as AttributeValue;
  throw validationError(
    operand.kind === 'size'
      ? 'KeyConditionExpressions cannot contain nested operations'
      : 'Invalid condition in KeyConditionExpression: a value is required here',
  );
}

function invalidOperator(operator: string): Error {
  return validationError(`Invalid operator used in KeyConditionExpression: ${operator}`);
}
