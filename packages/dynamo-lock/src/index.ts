export { DynamoLock } from './dynamo-lock.js';
export { LockLostError, LockTimeoutError, type LockLossReason } from './errors.js';
export {
  fenceCondition,
  type FenceCondition,
  type FenceConditionOptions,
} from './fence-condition.js';
export type { HeldLock, ReleaseOutcome } from './held-lock.js';
export type { HeldLocks } from './held-locks.js';
export type {
  AcquireOptions,
  AttemptOptions,
  DynamoLockOptions,
  ListLocksOptions,
  WithLockOptions,
} from './options.js';
export { locksTable, type LockStatus } from './lock-row.js';
export {
  InvalidInputError,
  assertTableNameValid,
  createTableNaming,
  dynamoTableName,
  type Clock,
  type ConnectionOptions,
  type DynamoTableName,
  type Monitoring,
  type TableDefinition,
} from '@x/dynamo-core';
