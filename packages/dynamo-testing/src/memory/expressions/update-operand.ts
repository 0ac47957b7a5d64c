import type { AttributeValue, Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { addDecimals, formatDecimal, negateDecimal, parseDecimal } from '../values/decimal.js';
import { typeOf, type ValueType } from '../values/value-type.js';
import { showPath, valueAt } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Path, UpdateOperand } from './syntax-tree.js';

/** Refuses literals of a type that the operators cannot take, before an item is looked at. */
export function checkUpdateOperand(operand: UpdateOperand, placeholders: Placeholders): void {
  switch (operand.kind) {
    case 'path':
    case 'value':
      return;
    case 'if_not_exists':
      checkDistinct(operand.path, operand.otherwise, placeholders);
      return checkUpdateOperand(operand.otherwise, placeholders);
    case 'list_append':
    case 'arithmetic': {
      const [operator, type] =
        operand.kind === 'list_append'
          ? (['list_append', 'L'] as const)
          : ([operand.operator, 'N'] as const);
      for (const side of [operand.left, operand.right]) {
        checkLiteral(side, placeholders, operator, type);
        checkUpdateOperand(side, placeholders);
      }
    }
  }
}

/** What a `SET` action assigns, from the item as it was before the update. */
export function evaluateUpdateOperand(
  operand: UpdateOperand,
  item: Item,
  placeholders: Placeholders,
): AttributeValue {
  switch (operand.kind) {
    case 'value':
      return placeholders.values[operand.placeholder] as AttributeValue;
    case 'path':
      return existing(valueAt(item, resolvePath(operand.path, placeholders)));
    case 'if_not_exists':
      return (
        valueAt(item, resolvePath(operand.path, placeholders)) ??
        evaluateUpdateOperand(operand.otherwise, item, placeholders)
      );
    case 'list_append': {
      const left = evaluateUpdateOperand(operand.left, item, placeholders).L;
      const right = evaluateUpdateOperand(operand.right, item, placeholders).L;
      if (left === undefined || right === undefined) throw wrongType();
      return { L: [...left, ...right] };
    }
    case 'arithmetic': {
      const left = evaluateUpdateOperand(operand.left, item, placeholders);
      const right = evaluateUpdateOperand(operand.right, item, placeholders);
      return operand.operator === '+' ? sum(left, right) : sum(left, right, -1);
    }
  }
}

/** `left + right`, or `left - right` for a sign of -1. */
export function sum(left: AttributeValue, right: AttributeValue, sign: 1 | -1 = 1): AttributeValue {
  if (left.N === undefined || right.N === undefined) throw wrongType();
  const addend = parseDecimal(right.N);
  return {
    N: formatDecimal(
      addDecimals(parseDecimal(left.N), sign === 1 ? addend : negateDecimal(addend)),
    ),
  };
}

/** The item holds something that the operator cannot work on. */
export function wrongType(): Error {
  return validationError('An operand in the update expression has an incorrect data type');
}

/** A literal of a type that the operator can never work on. */
function incorrectOperandType(operator: string, type: ValueType): Error {
  return validationError(
    'Invalid UpdateExpression: Incorrect operand type for operator or function; ' +
      `operator or function: ${operator}, operand type: ${type}`,
  );
}

function existing(value: AttributeValue | undefined): AttributeValue {
  if (value !== undefined) return value;
  throw validationError(
    'The provided expression refers to an attribute that does not exist in the item',
  );
}

function checkDistinct(path: Path, other: UpdateOperand, placeholders: Placeholders): void {
  const shown = showPath(resolvePath(path, placeholders));
  if (other.kind === 'path' && showPath(resolvePath(other.path, placeholders)) === shown) {
    throw validationError(
      'Invalid UpdateExpression: The first operand must be distinct from the remaining operands ' +
        `for this operator or function; operator: if_not_exists, first operand: ${shown}`,
    );
  }
}

function checkLiteral(
  operand: UpdateOperand,
  { values }: Placeholders,
  operator: string,
  allowed: ValueType,
): void {
  const value = operand.kind === 'value' ? values[operand.placeholder] : undefined;
  if (value !== undefined && typeOf(value) !== allowed) {
    throw incorrectOperandType(operator, typeOf(value));
  }
}
