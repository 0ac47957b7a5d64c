export { DynamoLock } from './dynamo-lock.js';
export {
  fenceCondition,
  type FenceCondition,
  type FenceConditionOptions,
} from './fence-condition.js';
export type { HeldLocks } from './held-locks.js';
export type {
  AcquireOptions,
  TryAcquireOptions,
  DynamoLockOptions,
  ListLocksOptions,
  WithLockOptions,
} from './options.js';
export { locksTable, type LockStatus } from './lock-row.js';
export {
  InvalidInputError,
  assertTableNameValid,
  createTable,
  dynamoTableName,
  type Clock,
  type ConnectionOptions,
  type DynamoTableName,
  type Monitoring,
  type TableDefinition,
} from '@x/dynamo-core';
export {
  LockLostError,
  LockTimeoutError,
  type HeldLock,
  type LockLossReason,
  type PreviousHolder,
  type ReleaseOptions,
  type ReleaseOutcome,
  type RenewOptions,
} from '@x/dynamo-core/mechanism';
