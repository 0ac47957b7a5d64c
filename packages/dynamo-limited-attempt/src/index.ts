export {
  ConflictError,
  InvalidInputError,
  ItemTooLargeError,
  UnreadableRowError,
  assertTableNameValid,
  dynamoTableName,
  partitionedKeysTable,
  type CompoundKey,
  type DynamoTableName,
  type EpochMS,
  type PartitionedRowsOptions,
  type PartitionedTable,
} from '@x/dynamo-core';

export type {
  Algorithm,
  GivenBack,
  Moment,
  OriginalWindow,
  Rule,
  Standing,
  Step,
} from './algorithm.js';
export { alignedWindow } from './algorithms/aligned-window.js';
export { fixedWindow } from './algorithms/fixed-window.js';
export { slidingCounter } from './algorithms/sliding-counter.js';
export { slidingLog } from './algorithms/sliding-log.js';
export { tokenBucket } from './algorithms/token-bucket.js';
export { AttemptsError, type AttemptsErrorDetails } from './errors.js';
export { LimitedAttempt } from './limited-attempt.js';
export type { AttemptLimit, AttemptLimits } from './limits.js';
export type {
  AttemptOptions,
  AttemptStatus,
  LimitedAttemptOptions,
  PeekedAttempt,
  ShieldOptions,
  SuccessfulAttempt,
} from './options.js';
export type { ResetState } from './reset-state.js';
