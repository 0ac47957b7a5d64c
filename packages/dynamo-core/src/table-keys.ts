import { InvalidInputError } from './errors.js';
import { checkedOptions, checkKeyText, checkOneOf } from './input-checks.js';
import type { KeyAttribute, TableDefinition } from './table-definition.js';

/** Throws an `InvalidInputError` for what defines no table, and for a part that is misspelled. */
export function checkDefinition(definition: TableDefinition): void {
  // A class of the original defines its table by its static members, and has others.
  if (typeof definition !== 'function') {
    checkedOptions(
      definition,
      { name: true, partitionKey: true, sortKey: true, ttlAttribute: checkKeyText },
      'definition',
    );
  }
  if (typeof definition?.partitionKey?.name !== 'string') {
    throw new InvalidInputError('definition', definition, 'that of a table, such as keysTable');
  }
  for (const key of keysOf(definition)) {
    const { type } = checkedOptions(key, { name: checkKeyText, type: true }, 'key');
    checkOneOf('type', type, ['S', 'N', 'B']);
  }
}

/** The key attributes of a table, the partition key first. */
export function keysOf({ partitionKey, sortKey }: TableDefinition): readonly KeyAttribute[] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}
