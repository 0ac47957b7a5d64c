export { createTable, InvalidInputError } from '@x/dynamo-core';
export {
  DynamoSemaphore,
  type AcquirePermitOptions,
  type DynamoSemaphoreOptions,
  type HeldPermit,
  type TryPermitOptions,
} from './dynamo-semaphore.js';
export { semaphoresTable, type PermitStatus } from './permit-row.js';
export {
  LockLostError,
  LockTimeoutError,
  type LockLossReason,
  type ReleaseOutcome,
} from '@x/dynamo-core/mechanism';
