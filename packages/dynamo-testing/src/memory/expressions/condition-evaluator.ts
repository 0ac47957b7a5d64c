import type { AttributeValue, Item } from '@x/dynamo-core';

import { compareValues, elementKey, equalValues } from '../values/compare-values.js';
import { setElements, typeOf } from '../values/value-type.js';
import { valueAt } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Comparator, Condition, Operand } from './syntax-tree.js';

/** Whether the condition holds for the item; without an item every path leads nowhere. */
export function holds(
  condition: Condition,
  item: Item | undefined,
  placeholders: Placeholders,
): boolean {
  const value = (operand: Operand): AttributeValue | undefined =>
    evaluate(operand, item, placeholders);
  switch (condition.kind) {
    case 'and':
      return (
        holds(condition.left, item, placeholders) && holds(condition.right, item, placeholders)
      );
    case 'or':
      return (
        holds(condition.left, item, placeholders) || holds(condition.right, item, placeholders)
      );
    case 'not':
      return !holds(condition.condition, item, placeholders);
    case 'compare':
      return compares(condition.comparator, value(condition.left), value(condition.right));
    case 'between': {
      const operand = value(condition.operand);
      return (
        compares('>=', operand, value(condition.low)) &&
        compares('<=', operand, value(condition.high))
      );
    }
    case 'in': {
      const operand = value(condition.operand);
      return condition.candidates.some((candidate) => compares('=', operand, value(candidate)));
    }
    case 'call':
      return calls(condition, value);
  }
}

/** Whether the comparison holds; a missing operand is only ever unequal. */
function compares(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return comparator === '<>';
  if (comparator === '=') return equalValues(left, right);
  if (comparator === '<>') return !equalValues(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** Whether a string or a binary begins with another of the same type. */
export function beginsWith(
  value: AttributeValue | undefined,
  prefix: AttributeValue | undefined,
): boolean {
  if (value?.S !== undefined && prefix?.S !== undefined) return value.S.startsWith(prefix.S);
  if (value?.B === undefined || prefix?.B === undefined) return false;
  return Buffer.from(value.B).subarray(0, prefix.B.length).equals(prefix.B);
}

function evaluate(
  operand: Operand,
  item: Item | undefined,
  placeholders: Placeholders,
): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return placeholders.values[operand.placeholder];
    case 'path':
      return valueAt(item, resolvePath(operand.path, placeholders));
    case 'size': {
      const value = evaluate(operand.operand, item, placeholders);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    }
  }
}

function calls(
  { predicate, operands }: Extract<Condition, { kind: 'call' }>,
  value: (operand: Operand) => AttributeValue | undefined,
): boolean {
  const [first, second] = operands.map(value);
  switch (predicate) {
    case 'attribute_exists':
      return first !== undefined;
    case 'attribute_not_exists':
      return first === undefined;
    case 'attribute_type':
      return first !== undefined && typeOf(first) === second?.S;
    case 'begins_with':
      return beginsWith(first, second);
    case 'contains':
      return first !== undefined && second !== undefined && contains(first, second);
  }
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.L !== undefined) return value.L.some((element) => equalValues(element, part));
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined)
    return part.B !== undefined && Buffer.from(value.B).includes(Buffer.from(part.B));
  const elements = setElements(value);
  const element = typeOf(value) === `${typeOf(part)}S` ? (part.S ?? part.N ?? part.B) : undefined;
  if (elements === undefined || element === undefined) return false;
  const key = elementKey(element);
  return elements.some((each) => elementKey(each) === key);
}

/** Characters of a string, bytes of a binary, elements of everything else. */
function sizeOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return value.S.length;
  if (value.B !== undefined) return value.B.length;
  if (value.M !== undefined) return Object.keys(value.M).length;
  return (value.L ?? setElements(value))?.length;
}
