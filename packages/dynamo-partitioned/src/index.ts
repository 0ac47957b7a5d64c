export {
  BatchIncompleteError,
  ConflictError,
  InvalidInputError,
  ItemTooLargeError,
  KeyCollisionError,
  TokenReusedError,
  UnreadableRowError,
  assertTableNameValid,
  createTable,
  dynamoTableName,
  partitionedKeysTable,
  type CompoundKey,
  type DynamoTableName,
  type Entry,
  type PartitionKeyMappings,
  type ReadOptions,
  type SortKey,
  type WriteOptions,
} from '@x/dynamo-core';
export type {
  ChangeOptions,
  ClearProgress,
  ComputeContext,
  GetOrSetOptions,
} from '@x/dynamo-core/mechanism';

export type {
  BatchItem,
  ChangeOf,
  ClearOptions,
  Elements,
  EntriesOptions,
  IdsOptions,
  Equality,
  KeyOf,
  SetKeyOf,
  PartitionEntry,
  PartitionedKeyValueTableOptions,
  RangeOptions,
  RawRow,
} from './options.js';
export { PartitionedKeyValueTable } from './partitioned-key-value-table.js';
export {
  transactionCanceled,
  type TransactionCanceled,
  type TransactionRefusal,
} from './transaction-canceled.js';
export type { ElementArguments, ReplaceArguments, SetArguments, WhereArguments } from './sets.js';
export {
  check,
  ifAbsent,
  ifExists,
  ifVersion,
  put,
  remove,
  type PutOptions,
  type RemoveOptions,
  type TransactionWrite,
  type TransactOptions,
  type WriteCondition,
} from './transaction.js';
