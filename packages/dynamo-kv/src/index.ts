export {
  BatchIncompleteError,
  ConflictError,
  InvalidInputError,
  ItemTooLargeError,
  KeyCollisionError,
  UnreadableRowError,
  assertTableNameValid,
  createTable,
  dynamoTableName,
  keysTable,
  type DynamoTableName,
  type Entry,
  type PagePointer,
  type ReadOptions,
  type WriteOptions,
} from '@x/dynamo-core';
export type {
  ChangeOptions,
  ClearProgress,
  ComputeContext,
  GetOrSetOptions,
} from '@x/dynamo-core/mechanism';

export { KeyValueTable } from './key-value-table.js';
export type {
  BatchEntry,
  ClearOptions,
  IdsOptions,
  KeyValueField,
  KeyValueList,
  KeyValueTableOptions,
  ListOptions,
  ScanOptions,
  ScanProgress,
  StreamOptions,
} from './options.js';
