export {
  InvalidInputError,
  ItemTooLargeError,
  UnreadableRowError,
  assertTableNameValid,
  dynamoTableName,
  partitionedKeysTable,
  type DynamoTableName,
  type PartitionKeyMappings,
  type PartitionedRowsOptions,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';

export { DoOnceManager } from './do-once-manager.js';
export {
  DoOnceInProgressError,
  DoOnceLeaseLostError,
  DoOnceMismatchError,
  type LeaseLossReason,
} from './errors.js';
export type { NativeTransactItem } from './native-items.js';
export type {
  DoOnceActionKey,
  DoOnceBehaviour,
  DoOnceContext,
  DoOnceManagerOptions,
  DoOnceOptions,
  DoOnceTransactOptions,
  ErrorDecision,
  InProgressOptions,
  MarkDoneOptions,
  Marshall,
  OnceOptions,
  PayloadOptions,
} from './options.js';
export type { DoOnceRecord } from './record.js';
export type {
  DidAction,
  DidNotAct,
  DoOnceResponse,
  DoOnceResult,
  DoOnceTransaction,
} from './responses.js';
export type { Action } from './run-once.js';
