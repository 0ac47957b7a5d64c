export {
  assertTableNameValid,
  createTable,
  dynamoAssign,
  dynamoTableName,
  type DynamoDao,
  type DynamoTableName,
} from '@x/dynamo-core';

export {
  DynamoLockEntryDao,
  KeyValueCountTableDao,
  KeyValueTableDao,
  PartitionedKeyCounterTableDao,
  PartitionedKeyValueTableDao,
} from './daos.js';
export { DoOnceManager, type DoOnceResponse, type DoOnceResult } from './do-once-manager.js';
export {
  InMemoryKeyCountTable,
  InMemoryKvTable,
  InMemoryPartitionedKeyCountTable,
  InMemoryPartitionedKeys,
  InMemoryPartitionedKvTable,
} from './doubles.js';
export { DynamoLock, type Lock, type LockApi } from './dynamo-lock.js';
export { KeySetValueTable } from './key-set-value-table.js';
export {
  KeyValueCounter,
  KeyValueScopedCounter,
  type KeyCount,
  type KeyValueCounterProps,
} from './key-value-counter.js';
export {
  KeyValueTable,
  type KeyValueList,
  type KeyValueTablePageItem,
  type KeyValueTableProps,
  type ListProps,
  type StreamProps,
} from './key-value-table.js';
export {
  AttemptsError,
  LimitedAttempt,
  type AttemptConfig,
  type ResetState,
  type SuccessfulAttempt,
} from './limited-attempt.js';
export { PartitionedKeys, PartitionedKeyValueCounter } from './partitioned-counter.js';
export {
  PartitionedKeyValueTable,
  type Inclusion,
  type RawData,
} from './partitioned-key-value-table.js';
export { noOpMonitoring, type TableProps, type TimeProvider } from './settings.js';
export type {
  Brand,
  CompoundKey,
  DoOnceActionKey,
  DynamoKey,
  EpochMS,
  Milliseconds,
  PartitionKeyMappings,
  SortKey,
} from './types.js';
