import type { AttributeValue, Item, KeyAttribute } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import { typeOf } from '../values/value-type.js';
import { valueBytes } from '../values/item-bytes.js';
import type { Table } from './table.js';

const partitionKeyBytesMax = 2048;
const sortKeyBytesMax = 1024;

/** A key must consist of the table's key attributes, each of its type, and of nothing else. */
export function checkKey(table: Table, key: Item): Item {
  const attributes = keyAttributes(table);
  const isComplete = attributes.every(
    ({ name, type }) => key[name] !== undefined && typeOf(key[name]) === type,
  );
  if (!isComplete || Object.keys(key).length !== attributes.length) {
    throw validationError('The provided key element does not match the schema');
  }
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

/** The key attributes of a table, the partition key first. */
export function keyAttributes({ partitionKey, sortKey }: Table): readonly KeyAttribute[] {
  return sortKey ? [partitionKey, sortKey] : [partitionKey];
}

/** A key attribute may not be an empty string or binary. */
export function checkKeyNotEmpty(table: Table, item: Item): void {
  for (const { name } of keyAttributes(table)) {
    const value = item[name];
    if (value?.S === '' || value?.B?.length === 0) {
      throw validationError(
        'One or more parameter values are not valid. ' +
          `The AttributeValue for a key attribute cannot contain an empty value. Key: ${name}`,
      );
    }
  }
}

function checkKeyValues(table: Table, item: Item): void {
  checkKeyNotEmpty(table, item);
  for (const { name } of keyAttributes(table)) {
    const isPartition = name === table.partitionKey.name;
    const bytes = valueBytes(item[name] as AttributeValue);
    const bytesMax = isPartition ? partitionKeyBytesMax : sortKeyBytesMax;
    if (bytes > bytesMax) {
      throw validationError(
        'One or more parameter values were invalid: Size of ' +
          `${isPartition ? 'hashkey' : 'rangekey'} has exceeded the maximum size limit of ` +
          `${bytesMax} bytes`,
      );
    }
  }
}
