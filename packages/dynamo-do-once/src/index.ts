export {
  InvalidInputError,
  ItemTooLargeError,
  KeyCollisionError,
  UnreadableRowError,
  assertTableNameValid,
  createTable,
  dynamoTableName,
  partitionedKeysTable,
  type DynamoTableName,
  type PartitionKeyMappings,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
export type { PartitionedRowsOptions } from '@x/dynamo-core/mechanism';

export { DoOnceManager } from './do-once-manager.js';
export {
  DoOnceAbandonedError,
  DoOnceInProgressError,
  DoOnceMismatchError,
  DoOnceStoredError,
} from './errors.js';
export { DoOnceLeaseLostError, type LeaseLossReason } from './run.js';
export type { NativeTransactItem } from './native-items.js';
export type {
  Action,
  DoOnceActionKey,
  DoOnceBehaviour,
  DoOnceContext,
  DoOnceManagerOptions,
  DoOnceOptions,
  DoOnceTableOptions,
  DoOnceTransactOptions,
  ErrorDecision,
  InProgressOptions,
  MarkDoneOptions,
  Marshall,
  OnceOptions,
  PayloadOptions,
} from './options.js';
export { idempotencyKey } from './payload-hash.js';
export type { DoOnceRecord, StoredError } from './record.js';
export type {
  DidAction,
  DidNotAct,
  DoOnceDone,
  DoOnceResponse,
  DoOnceResult,
  DoOnceTransaction,
} from './responses.js';
