export {
  ConflictError,
  InvalidInputError,
  ItemTooLargeError,
  KeyCollisionError,
  UnreadableRowError,
  assertTableNameValid,
  createTable,
  dynamoTableName,
  partitionedKeysTable,
  type CompoundKey,
  type DynamoTableName,
  type EpochMS,
  type PartitionedTable,
} from '@x/dynamo-core';
export type { PartitionedRowsOptions } from '@x/dynamo-core/mechanism';

export type {
  Algorithm,
  LimitField,
  Moment,
  OwnAttempt,
  Rule,
  Standing,
  Step,
  StepText,
} from './algorithm.js';
export { calendarWindow, type CalendarWindowOptions } from './algorithms/calendar-window.js';
export { alignedWindow, fixedWindow } from './limits.js';
export { slidingCounter } from './algorithms/sliding-counter.js';
export { slidingLog } from './algorithms/sliding-log.js';
export { tokenBucket } from './algorithms/token-bucket.js';
export { AttemptsError } from './errors.js';
export { LimitedAttempt } from './limited-attempt.js';

export type {
  AttemptAllOptions,
  AttemptAllResult,
  AttemptEntry,
  AttemptLimit,
  AttemptLimits,
  AttemptOptions,
  AttemptResult,
  CostOptions,
  DecisionOptions,
  EntryResult,
  LimitedAttemptOptions,
  LimiterOptions,
  LimitStatus,
  PeekedAttempt,
  RefusalReason,
  ResetState,
  ShieldOptions,
  StoreErrorPolicy,
  SuccessfulAttempt,
  WaitOptions,
} from './options.js';
