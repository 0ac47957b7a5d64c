export {
  assertTableNameValid,
  BatchIncompleteError,
  ConflictError,
  createTable,
  DynamoPrimitiveError,
  dynamoTableName,
  InvalidInputError,
  KeyCollisionError,
  keysTable,
  partitionedKeysTable,
  TokenReusedError,
  UnreadableRowError,
  type CompoundKey,
  type DynamoTableName,
  type PartitionKeyMappings,
  type ReadOptions,
} from '@x/dynamo-core';
export type { Counter } from './counter.js';
export type { CountMode, CountOf } from './requests.js';
export type {
  ChangeCountOptions,
  CountAfter,
  CounterOptions,
  IncrOptions,
  KeyCount,
  SetCountOptions,
  WindowAt,
} from './counter-options.js';
export { UnsafeCountError } from './errors.js';
export { CounterOutOfBoundsError, type CounterBounds } from './out-of-bounds-error.js';
export { KeyValueCounter, type KeyValueCounterOptions } from './key-value-counter.js';
export { KeyValueScopedCounter, type CountsById } from './key-value-scoped-counter.js';
export {
  PartitionedKeyValueCounter,
  type PartitionedKeyValueCounterOptions,
} from './partitioned-key-value-counter.js';
export type { WindowedCounter, WindowedOptions } from './windowed-counter.js';
