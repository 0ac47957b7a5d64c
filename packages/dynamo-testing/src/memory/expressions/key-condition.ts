import type { AttributeValue, KeyAttribute } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { typeOf } from '../values/value-type.js';
import { beginsWith, compares } from './condition-evaluator.js';
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
  readonly includes: (sortKey: AttributeValue | undefined) => boolean;
}

/** One comparison of a key condition, with its key on the left. */
interface Term {
  readonly name: string;
  readonly isEquality: boolean;
  readonly values: readonly AttributeValue[];
  readonly includes: (key: AttributeValue | undefined) => boolean;
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
): KeyRange {
  const terms = termsOf(condition, placeholders);
  const partition = terms.find(({ name }) => name === partitionKey.name);
  if (!partition) {
    throw validationError(`Query condition missed key schema element: ${partitionKey.name}`);
  }
  const sort = terms.find((term) => term !== partition);
  if (sort && sort.name !== sortKey?.name) {
    throw validationError(
      sort.name === partition.name
        ? 'KeyConditionExpressions must only contain one condition per key'
        : `Query condition missed key schema element: ${sortKey?.name ?? partitionKey.name}`,
    );
  }
  if (!partition.isEquality) throw validationError('Query key condition not supported');
  checkTypes(partition, partitionKey);
  if (sort && sortKey) checkTypes(sort, sortKey);
  return {
    partition: partition.values[0] as AttributeValue,
    includes: sort?.includes ?? (() => true),
  };
}

function checkTypes({ values }: Term, { name, type }: KeyAttribute): void {
  for (const value of values) {
    if (typeOf(value) !== type) {
      throw validationError(
        'One or more parameter values were invalid: ' +
          'Condition parameter type does not match schema type',
      );
    }
    if (value.S === '' || value.B?.length === 0) {
      throw validationError(
        'One or more parameter values are not valid. The AttributeValue for a key attribute ' +
          `cannot contain an empty string value. Key: ${name}`,
      );
    }
  }
}

function termsOf(condition: Condition, placeholders: Placeholders): Term[] {
  if (condition.kind !== 'and') return [termOf(condition, placeholders)];
  const terms = [
    ...termsOf(condition.left, placeholders),
    ...termsOf(condition.right, placeholders),
  ];
  if (terms.length > 2) {
    throw validationError('Conditions can be of length 1 or 2 only');
  }
  return terms;
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
      const limit = value(bound);
      return {
        name: name(key),
        isEquality: comparator === '=',
        values: [limit],
        includes: (each) => compares(comparator, each, limit),
      };
    }
    case 'between': {
      const [low, high] = [value(condition.low), value(condition.high)];
      return {
        name: name(condition.operand),
        isEquality: false,
        values: [low, high],
        includes: (each) => compares('>=', each, low) && compares('<=', each, high),
      };
    }
    case 'call': {
      const [key, prefix] = condition.operands;
      if (condition.predicate !== 'begins_with' || !key || !prefix) {
        throw invalidOperator(condition.predicate);
      }
      const text = value(prefix);
      return {
        name: name(key),
        isEquality: false,
        values: [text],
        includes: (each) => beginsWith(each, text),
      };
    }
    default:
      throw invalidOperator(condition.kind.toUpperCase());
  }
}

function keyName(operand: Operand, placeholders: Placeholders): string {
  if (operand.kind !== 'path' || operand.path.length !== 1) {
    throw validationError('Invalid KeyConditionExpression: a key attribute is required here');
  }
  return resolvePath(operand.path, placeholders)[0] as string;
}

function literal(operand: Operand, { values }: Placeholders): AttributeValue {
  if (operand.kind === 'value') return values[operand.placeholder] as AttributeValue;
  throw validationError('Invalid KeyConditionExpression: a value is required here');
}

function invalidOperator(operator: string): Error {
  return validationError(`Invalid operator used in KeyConditionExpression: ${operator}`);
}
