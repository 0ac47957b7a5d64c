export {
  DynamoSemaphore,
  type AcquirePermitOptions,
  type DynamoSemaphoreOptions,
  type HeldPermit,
  type TryPermitOptions,
} from './dynamo-semaphore.js';
export { semaphoresTable } from './permit-row.js';
export {
  LockLostError,
  LockTimeoutError,
  type LockLossReason,
  type ReleaseOutcome,
} from '@x/dynamo-core/mechanism';
