import type { Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { typeOf } from '../values/value-type.js';
import { checkKeySizes, emptyKind, keyAttributes } from './check-key.js';
import type { TableIndex } from './table-index.js';
import type { Table } from './table.js';

/**
 * What an item that is put holds at the keys of the table's indexes must fit them. An item may lack
 * such an attribute: then it is not in the index.
 */
export function checkIndexKeys(table: Table, item: Item): void {
  if (table.indexes.size === 0) return;
  checkIndexKeysNotEmpty(table, item);
  for (const index of inOrder(table)) checkTypes(index, item);
}

/** No attribute that is a key of an index is an empty string or binary. */
export function checkIndexKeysNotEmpty(table: Table, item: Item): void {
  if (table.indexes.size === 0) return;
  for (const { definition } of inOrder(table)) {
    for (const { name } of keyAttributes(definition)) {
      const kind = isOwn(table, name) ? undefined : emptyKind(item[name]);
      if (kind === undefined) continue;
      throw validationError(
        'One or more parameter values are not valid. ' +
          'A value specified for a secondary index key is not supported. ' +
          `The AttributeValue for a key attribute cannot contain an empty ${kind} value. ` +
          `IndexName: ${definition.name}, IndexKey: ${name}`,
      );
    }
  }
}

/** {@link checkIndexKeys} for the attributes of these names, which an update changes. */
export function checkUpdatedIndexKeys(table: Table, item: Item, names: ReadonlySet<string>): void {
  if (table.indexes.size === 0) return;
  for (const index of inOrder(table)) {
    const touched = keyAttributes(index).filter(({ name }) => names.has(name));
    for (const { name } of touched) {
      const kind = emptyKind(item[name]);
      if (kind !== undefined) throw emptyUpdate(kind);
    }
    if (touched.length > 0) checkTypes(index, item);
  }
}

/** An update would make the key of an index empty. */
export function emptyUpdate(kind: 'string' | 'binary'): Error {
  return validationError(
    'One or more parameter values are not valid. The update expression attempted to update a ' +
      'secondary index key to a value that is not supported. ' +
      `The AttributeValue for a key attribute cannot contain an empty ${kind} value.`,
  );
}

/** Whether an attribute is a key of an index of the table. */
export function isIndexKey(table: Table, name: string): boolean {
  return [...table.indexes.values()].some((index) =>
    keyAttributes(index).some((key) => key.name === name),
  );
}

function checkTypes(index: TableIndex, item: Item): void {
  for (const { name, type } of keyAttributes(index)) {
    const value = item[name];
    if (value !== undefined && typeOf(value) !== type) {
      throw validationError(
        `One or more parameter values were invalid: Type mismatch for Index Key ${name} ` +
          `Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index.definition.name}`,
      );
    }
  }
  checkKeySizes(index, item);
}

function isOwn(table: Table, name: string): boolean {
  return keyAttributes(table).some((key) => key.name === name);
}

/** The first index by its name is the one that an error names. */
function inOrder(table: Table): TableIndex[] {
  return [...table.indexes.values()].toSorted((one, two) =>
    one.definition.name < two.definition.name ? -1 : 1,
  );
}
