import type { AttributeValue, Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { elementKey } from '../values/compare-values.js';
import { copyValue, setAttribute } from '../values/copy-value.js';
import { setElements, typeOf } from '../values/value-type.js';
import { checkDisjoint, memberOf, valueAt } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Path, UpdateAction } from './syntax-tree.js';
import {
  checkUpdateOperand,
  evaluateUpdateOperand,
  incorrectOperandType,
  sum,
  wrongType,
} from './update-operand.js';

/** Refuses what can be seen to be wrong without looking at an item. Returns the changed paths. */
export function checkUpdate(
  actions: readonly UpdateAction[],
  placeholders: Placeholders,
): readonly Path[] {
  for (const action of actions) {
    if (action.kind === 'SET') checkUpdateOperand(action.operand, placeholders);
    if (action.kind === 'ADD' || action.kind === 'DELETE') {
      const operand = placeholders.values[action.placeholder] as AttributeValue;
      const isNumber = action.kind === 'ADD' && operand.N !== undefined;
      if (!isNumber && !setElements(operand)) {
        throw incorrectOperandType(action.kind, typeOf(operand));
      }
    }
  }
  const paths = actions.map(({ path }) => resolvePath(path, placeholders));
  checkDisjoint(paths, 'UpdateExpression');
  return paths;
}

/** The item after the update. The one that was passed is left as it is. */
export function applyUpdate(
  actions: readonly UpdateAction[],
  item: Item,
  placeholders: Placeholders,
): Item {
  // Everything is read from the item as it was, and only then written.
  const changes = actions.map((action): Change => {
    const path = resolvePath(action.path, placeholders);
    return { path, value: newValue(action, path, item, placeholders) };
  });
  const updated: Item = { ...item };
  for (const { path } of changes) {
    const name = path[0] as string;
    const before = memberOf({ M: item }, name);
    // Below the first level the update writes in place, so it needs a copy of its own.
    if (path.length > 1 && before) setAttribute(updated, name, copyValue(before));
  }
  const writes = changes.filter(({ value }) => value !== undefined);
  for (const change of writes.toSorted(byIndex)) assign(updated, change.path, change.value);
  const removals = changes.filter(({ value }) => value === undefined);
  // From the back, so that the indexes still to come keep their meaning.
  for (const change of removals.toSorted(byIndex).toReversed()) remove(updated, change.path);
  return updated;
}

interface Change {
  readonly path: Path;
  /** `undefined` removes what is there. */
  readonly value: AttributeValue | undefined;
}

function newValue(
  action: UpdateAction,
  path: Path,
  item: Item,
  placeholders: Placeholders,
): AttributeValue | undefined {
  switch (action.kind) {
    case 'SET':
      return copyValue(evaluateUpdateOperand(action.operand, item, placeholders));
    case 'REMOVE':
      return undefined;
    case 'ADD':
      return added(valueAt(item, path), placeholders.values[action.placeholder] as AttributeValue);
    case 'DELETE':
      return without(
        valueAt(item, path),
        placeholders.values[action.placeholder] as AttributeValue,
      );
  }
}

function added(before: AttributeValue | undefined, operand: AttributeValue): AttributeValue {
  if (before === undefined) return copyValue(operand);
  if (operand.N !== undefined) return sum(before, operand);
  const type = typeOf(operand);
  if (typeOf(before) !== type) throw wrongType();
  const elements = new Map(
    [...(setElements(before) ?? []), ...(setElements(operand) ?? [])].map((element) => [
      elementKey(element),
      element,
    ]),
  );
  return copyValue({ [type]: [...elements.values()] } as unknown as AttributeValue);
}

function without(
  before: AttributeValue | undefined,
  operand: AttributeValue,
): AttributeValue | undefined {
  if (before === undefined) return undefined;
  const type = typeOf(operand);
  if (typeOf(before) !== type) throw wrongType();
  const removed = new Set((setElements(operand) ?? []).map(elementKey));
  const left = (setElements(before) ?? []).filter((element) => !removed.has(elementKey(element)));
  return left.length === 0 ? undefined : copyValue({ [type]: left } as unknown as AttributeValue);
}

function assign(item: Item, path: Path, value: AttributeValue | undefined): void {
  const parent = parentOf(item, path);
  const last = path.at(-1) as string | number;
  if (value === undefined) return;
  if (typeof last === 'string' && parent?.M) {
    setAttribute(parent.M, last, value);
  } else if (typeof last === 'number' && parent?.L) {
    // An index past the end appends.
    parent.L[Math.min(last, parent.L.length)] = value;
  } else {
    throw invalidPath();
  }
}

function remove(item: Item, path: Path): void {
  const parent = parentOf(item, path);
  const last = path.at(-1) as string | number;
  if (typeof last === 'string' && parent?.M) {
    delete parent.M[last];
  } else if (typeof last === 'number' && parent?.L) {
    parent.L.splice(last, 1);
  } else {
    throw invalidPath();
  }
}

function parentOf(item: Item, path: Path): AttributeValue | undefined {
  return path.length === 1 ? { M: item } : valueAt(item, path.slice(0, -1));
}

function invalidPath(): Error {
  return validationError(
    'The document path provided in the update expression is invalid for update',
  );
}

/** Lower indexes of one list first. */
function byIndex({ path: one }: Change, { path: two }: Change): number {
  for (const [index, step] of one.entries()) {
    const other = two[index];
    if (step === other) continue;
    return typeof step === 'number' && typeof other === 'number' ? step - other : 0;
  }
  return 0;
}
