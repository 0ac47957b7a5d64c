import type { AttributeValue, Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { elementKey } from '../values/compare-values.js';
import { copyValue, setAttribute } from '../values/copy-value.js';
import { setElements, typeOf, type ValueType } from '../values/value-type.js';
import { checkDisjoint, memberOf, valueAt } from './document-path.js';
import { resolvePath, type Placeholders } from './placeholders.js';
import type { Path, PathStep, UpdateAction } from './syntax-tree.js';
import { checkUpdateOperand, evaluateUpdateOperand, sum, wrongType } from './update-operand.js';

/** How `ADD` and `DELETE` call the types. */
const longTypes: Readonly<Record<ValueType, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  L: 'LIST',
  M: 'MAP',
  SS: 'STRING_SET',
  NS: 'NUMBER_SET',
  BS: 'BINARY_SET',
};

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
        throw validationError(
          'Invalid UpdateExpression: Incorrect operand type for operator or function; ' +
            `operator: ${action.kind}, operand type: ${longTypes[typeOf(operand)]}, ` +
            `typeSet: ALLOWED_FOR_${action.kind}_OPERAND`,
        );
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
  const changes = actions.map((action) => {
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
  // The containers are found before the first write, so that no write moves another one's place.
  const writes = changes.map(({ path, value }): Write => {
    const at = path.at(-1) as PathStep;
    const container = containerOf(updated, path, at);
    return { container, at, value, isAppend: Number(at) >= (container.L?.length ?? NaN) };
  });
  for (const write of writes) if (write.value && !write.isAppend) assign(write);
  for (const write of writes.toSorted(byIndex).toReversed()) if (!write.value) remove(write);
  for (const write of writes.toSorted(byIndex)) if (write.value && write.isAppend) assign(write);
  return updated;
}

/** What one action changes: the value (none removes it) at a place of a map or of a list. */
interface Write {
  readonly container: AttributeValue;
  readonly at: PathStep;
  readonly value: AttributeValue | undefined;
  /** An index past the end appends. */
  readonly isAppend: boolean;
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

function assign({ container, at, value, isAppend }: Write): void {
  if (!value) return;
  if (container.M) setAttribute(container.M, at as string, value);
  if (container.L && isAppend) container.L.push(value);
  if (container.L && !isAppend) container.L[at as number] = value;
}

function remove({ container, at }: Write): void {
  if (container.M) delete container.M[at];
  if (container.L) container.L.splice(at as number, 1);
}

/** The map or the list that a path leads into; the last step must fit it. */
function containerOf(item: Item, path: Path, last: PathStep): AttributeValue {
  const container = path.length === 1 ? { M: item } : valueAt(item, path.slice(0, -1));
  if (typeof last === 'string' ? container?.M : container?.L) return container as AttributeValue;
  throw validationError(
    'The document path provided in the update expression is invalid for update',
  );
}

function byIndex({ at: one }: Write, { at: two }: Write): number {
  return Number(one) - Number(two) || 0;
}
