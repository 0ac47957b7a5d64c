import type { AttributeValue, Item, KeyAttribute } from '@x/dynamo-core';

import type { KeySchema } from '../expressions/key-condition.js';
import { validationError, type ServiceError } from '../service-errors.js';
import { typeOf } from '../values/value-type.js';
import { valueBytes } from '../values/item-bytes.js';
import type { Table } from './table.js';

const partitionKeyBytesMax = 2048;
const sortKeyBytesMax = 1024;

/** A key must consist of the table's key attributes, each of its type, and of nothing else. */
export function checkKey(table: Table, key: Item): Item {
  if (!hasExactly(key, keyAttributes(table))) throw keyMismatch();
  checkKeyValues(table, key);
  return key;
}

/** An item must hold the table's key attributes, each of its type. */
export function checkItemKey(table: Table, item: Item): Item {
  for (const { name, type } of keyAttributes(table)) {
    const value = item[name];
    if (value === undefined) {
      throw validationError(
        `One or more parameter values were invalid: Missing the key ${name} in the item`,
      );
    }
    if (typeOf(value) !== type) {
      throw validationError(
        'One or more parameter values were invalid: ' +
          `Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
  }
  checkKeyValues(table, item);
  return item;
}

/** The key attributes of a table or of an index, the partition key first. */
export function keyAttributes({ partitionKey, sortKey }: KeySchema): readonly KeyAttribute[] {
  return sortKey ? [partitionKey, sortKey] : [partitionKey];
}

/** Whether an item has these attributes, each of its type, and no other. */
export function hasExactly(item: Item, attributes: readonly KeyAttribute[]): boolean {
  return (
    Object.keys(item).length === attributes.length &&
    attributes.every(({ name, type }) => {
      const value = item[name];
      return value !== undefined && typeOf(value) === type;
    })
  );
}

/** A key attribute may not be an empty string or binary. */
export function checkKeyNotEmpty(table: Table, item: Item): void {
  for (const { name } of keyAttributes(table)) {
    const kind = emptyKind(item[name]);
    if (kind !== undefined) throw emptyKey(kind, name);
  }
}

/** What an empty value is, or `undefined` for one that is not empty. */
export function emptyKind(value: AttributeValue | undefined): 'string' | 'binary' | undefined {
  if (value?.S === '') return 'string';
  return value?.B?.length === 0 ? 'binary' : undefined;
}

/** What DynamoDB says about an empty value of a key. */
function emptyKey(kind: 'string' | 'binary', name: string): ServiceError {
  return validationError(
    'One or more parameter values are not valid. ' +
      `The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
  );
}

/** A key that is not one of this table. */
export function keyMismatch(): ServiceError {
  return validationError('The provided key element does not match the schema');
}

/** The values of a key may not be longer than this. */
export function checkKeySizes({ partitionKey, sortKey }: KeySchema, item: Item): void {
  const [partition, sort] = [item[partitionKey.name], sortKey && item[sortKey.name]];
  if (partition && valueBytes(partition) > partitionKeyBytesMax) {
    // DynamoDB itself leaves the space out.
    throw validationError(
      'One or more parameter values were invalid: ' +
        `Size of hashkey has exceeded the maximum size limit of${partitionKeyBytesMax} bytes`,
    );
  }
  if (sort && valueBytes(sort) > sortKeyBytesMax) {
    throw validationError(
      'One or more parameter values were invalid: ' +
        `Aggregated size of all range keys has exceeded the size limit of ${sortKeyBytesMax} bytes`,
    );
  }
}

function checkKeyValues(table: Table, item: Item): void {
  checkKeyNotEmpty(table, item);
  checkKeySizes(table, item);
}
