export {
  assertTableNameValid,
  createTable,
  dynamoAssign,
  dynamoTableName,
  type Brand,
  type CompoundKey,
  type DynamoDao,
  type DynamoTableName,
  type EpochMS,
  type Milliseconds,
  type PartitionKeyMappings,
  type SortKey,
} from '@x/dynamo-core';
export type { KeyCount } from '@x/dynamo-counter';
export type { DoOnceActionKey, DoOnceResult } from '@x/dynamo-do-once';
export type { ResetState } from '@x/dynamo-limited-attempt';

export {
  DynamoLockEntryDao,
  KeyValueCountTableDao,
  KeyValueTableDao,
  PartitionedKeyCounterTableDao,
  PartitionedKeyValueTableDao,
} from './daos.js';
export { DoOnceManager, type DoOnceResponse } from './do-once-manager.js';
export {
  InMemoryKeyCountTable,
  InMemoryKvTable,
  InMemoryPartitionedKeyCountTable,
  InMemoryPartitionedKeys,
  InMemoryPartitionedKvTable,
} from './doubles.js';
export type { DynamoKey } from './dynamo-key.js';
export { DynamoLock, type Lock, type LockApi } from './dynamo-lock.js';
export { KeySetValueTable } from './key-set-value-table.js';
export {
  KeyValueCounter,
  KeyValueScopedCounter,
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
  type SuccessfulAttempt,
} from './limited-attempt.js';
export { PartitionedKeys, PartitionedKeyValueCounter } from './partitioned-counter.js';
export {
  PartitionedKeyValueTable,
  type Inclusion,
  type RawData,
} from './partitioned-key-value-table.js';
export { noOpMonitoring, type TableProps, type TimeProvider } from './settings.js';
