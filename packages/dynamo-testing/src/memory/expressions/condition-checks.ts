import type { AttributeValue } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { compareValues } from '../values/compare-values.js';
import { typeOf, valueTypes, type ValueType } from '../values/value-type.js';
import { showPath } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Condition, Operand } from './syntax-tree.js';

const ordered: readonly ValueType[] = ['S', 'N', 'B'];
const prefixed: readonly ValueType[] = ['S', 'B'];
const sized: readonly ValueType[] = ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'];

/** Refuses what can be seen to be wrong without looking at an item, as DynamoDB does. */
export function checkCondition(condition: Condition, placeholders: Placeholders): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      checkCondition(condition.left, placeholders);
      return checkCondition(condition.right, placeholders);
    case 'not':
      return checkCondition(condition.condition, placeholders);
    case 'compare':
      for (const side of [condition.left, condition.right]) {
        checkOperand(side, placeholders);
        if (condition.comparator !== '=' && condition.comparator !== '<>') {
          checkType(side, placeholders, condition.comparator, ordered);
        }
      }
      return checkDistinct(condition.comparator, condition.left, [condition.right], placeholders);
    case 'between':
      return checkBetween(condition, placeholders);
    case 'in':
      for (const operand of [condition.operand, ...condition.candidates]) {
        checkOperand(operand, placeholders);
      }
      return checkDistinct('IN', condition.operand, condition.candidates, placeholders);
    case 'call':
      return checkCall(condition, placeholders);
  }
}

function checkBetween(
  { operand, low, high }: Extract<Condition, { kind: 'between' }>,
  placeholders: Placeholders,
): void {
  for (const each of [operand, low, high]) {
    checkOperand(each, placeholders);
    checkType(each, placeholders, 'BETWEEN', ordered);
  }
  checkDistinct('BETWEEN', operand, [low, high], placeholders);
  const [from, to] = [literal(low, placeholders), literal(high, placeholders)];
  if (from === undefined || to === undefined) return;
  const order = compareValues(from, to);
  if (order === undefined) {
    throw validationError(
      'The BETWEEN operator requires same data type for lower and upper bounds',
    );
  }
  if (order > 0) {
    throw validationError(
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound',
    );
  }
}

function checkCall(
  { predicate, operands }: Extract<Condition, { kind: 'call' }>,
  placeholders: Placeholders,
): void {
  const [first, second] = operands as [Operand, Operand | undefined];
  for (const operand of operands) checkOperand(operand, placeholders);
  switch (predicate) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      if (first.kind !== 'path') {
        throw validationError(
          `Operator or function requires a document path; operator or function: ${predicate}`,
        );
      }
      return;
    case 'attribute_type':
      return checkTypeName(second, placeholders);
    case 'begins_with':
      checkType(first, placeholders, predicate, prefixed);
      if (second) checkType(second, placeholders, predicate, prefixed);
      break;
    case 'contains':
      break;
  }
  if (second) checkDistinct(predicate, first, [second], placeholders);
}

function checkTypeName(operand: Operand | undefined, placeholders: Placeholders): void {
  const name = operand && literal(operand, placeholders);
  if (name?.S === undefined || !valueTypes.includes(name.S as ValueType)) {
    throw validationError(
      'Invalid attribute type name found; valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
    );
  }
}

function checkOperand(operand: Operand, placeholders: Placeholders): void {
  if (operand.kind === 'size') checkType(operand.operand, placeholders, 'size', sized);
}

function checkType(
  operand: Operand,
  placeholders: Placeholders,
  operator: string,
  allowed: readonly ValueType[],
): void {
  const value = literal(operand, placeholders);
  if (value !== undefined && !allowed.includes(typeOf(value))) {
    throw validationError(
      'Incorrect operand type for operator or function; ' +
        `operator or function: ${operator}, operand type: ${typeOf(value)}`,
    );
  }
}

function checkDistinct(
  operator: string,
  first: Operand,
  others: readonly Operand[],
  placeholders: Placeholders,
): void {
  if (first.kind !== 'path') return;
  const shown = showPath(resolvePath(first.path, placeholders));
  for (const other of others) {
    if (other.kind === 'path' && showPath(resolvePath(other.path, placeholders)) === shown) {
      throw validationError(
        'The first operand must be distinct from the remaining operands for this operator or ' +
          `function; operator: ${operator}, first operand: ${shown}`,
      );
    }
  }
}

function literal(operand: Operand, { values }: Placeholders): AttributeValue | undefined {
  return operand.kind === 'value' ? values[operand.placeholder] : undefined;
}
