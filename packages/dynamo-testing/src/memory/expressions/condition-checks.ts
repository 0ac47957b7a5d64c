import { types } from 'node:util';

import type { AttributeValue } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { compareValues } from '../values/compare-values.js';
import { typeOf, valueTypes, type ValueType } from '../values/value-type.js';
import { showPath } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Condition, Operand, Parsed } from './syntax-tree.js';

const ordered: readonly ValueType[] = ['S', 'N', 'B'];
const prefixed: readonly ValueType[] = ['S', 'B'];
const sized: readonly ValueType[] = ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'];

/** Refuses what can be seen to be wrong without looking at an item, as DynamoDB does. */
export function checkCondition(
  { what, tree }: Parsed<Condition>,
  { names, values }: Placeholders,
): void {
  check(tree, { names, values, what });
}

/** The placeholders, and what the expression is called in messages. */
interface Context extends Placeholders {
  readonly what: string;
}

function check(condition: Condition, placeholders: Context): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      check(condition.left, placeholders);
      return check(condition.right, placeholders);
    case 'not':
      return check(condition.condition, placeholders);
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
  placeholders: Context,
): void {
  for (const each of [operand, low, high]) {
    checkOperand(each, placeholders);
    checkType(each, placeholders, 'BETWEEN', ordered);
  }
  checkDistinct('BETWEEN', operand, [low, high], placeholders);
  const [from, to] = [literal(low, placeholders), literal(high, placeholders)];
  if (from === undefined || to === undefined) return;
  const order = compareValues(from, to);
  const bounds = `lower bound operand: ${showBound(from)}, upper bound operand: ${showBound(to)}`;
  if (order === undefined) {
    throw invalid(
      placeholders,
      `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`,
    );
  }
  if (order > 0) {
    throw invalid(
      placeholders,
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        bounds,
    );
  }
}

function checkCall(
  { predicate, operands }: Extract<Condition, { kind: 'call' }>,
  placeholders: Context,
): void {
  const [first, second] = operands as [Operand, Operand | undefined];
  for (const operand of operands) checkOperand(operand, placeholders);
  switch (predicate) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      if (first.kind !== 'path') {
        throw invalid(
          placeholders,
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

function checkTypeName(operand: Operand | undefined, placeholders: Context): void {
  const name = operand && literal(operand, placeholders);
  if (name?.S === undefined) {
    const given = name ? typeOf(name) : `{${valueTypes.join(',')}}`;
    throw incorrectType(placeholders, 'attribute_type', given);
  }
  if (!valueTypes.includes(name.S as ValueType)) {
    throw invalid(
      placeholders,
      `Invalid attribute type name found; type: ${name.S}, ` +
        'valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}',
    );
  }
}

function checkOperand(operand: Operand, placeholders: Context): void {
  if (operand.kind === 'size') checkType(operand.operand, placeholders, 'size', sized);
}

function checkType(
  operand: Operand,
  placeholders: Context,
  operator: string,
  allowed: readonly ValueType[],
): void {
  const value = literal(operand, placeholders);
  if (value !== undefined && !allowed.includes(typeOf(value))) {
    throw incorrectType(placeholders, operator, typeOf(value));
  }
}

function checkDistinct(
  operator: string,
  first: Operand,
  others: readonly Operand[],
  placeholders: Context,
): void {
  if (first.kind !== 'path') return;
  const shown = showPath(resolvePath(first.path, placeholders));
  for (const other of others) {
    if (other.kind === 'path' && showPath(resolvePath(other.path, placeholders)) === shown) {
      throw invalid(
        placeholders,
        'The first operand must be distinct from the remaining operands for this operator or ' +
          `function; operator: ${operator}, first operand: ${shown}`,
      );
    }
  }
}

function showBound(value: AttributeValue): string {
  const type = typeOf(value);
  const content = value[type as 'S'] as unknown;
  const shown = types.isUint8Array(content) ? `(${content.length} bytes)` : String(content);
  return `AttributeValue: {${type}:${shown}}`;
}

function incorrectType(context: Context, operator: string, type: string): Error {
  return invalid(
    context,
    'Incorrect operand type for operator or function; ' +
      `operator or function: ${operator}, operand type: ${type}`,
  );
}

function invalid({ what }: Context, reason: string): Error {
  return validationError(`Invalid ${what}: ${reason}`);
}

function literal(operand: Operand, { values }: Placeholders): AttributeValue | undefined {
  return operand.kind === 'value' ? values[operand.placeholder] : undefined;
}
