export { N, S, numberOf, stringOf, type AttributeValue, type Item } from './attribute-value.js';
export { abortable, deadline, type DeadlineOptions } from './abortable.js';
export { backgroundSleep } from './background-sleep.js';
export { fullJitterMs, pause, type BackoffOptions } from './backoff.js';
export {
  BatchIncompleteError,
  batchGet,
  batchWrite,
  type BatchChange,
  type BatchGetOptions,
  type BatchKey,
  type BatchOptions,
} from './batches.js';
export type {
  Brand,
  CompoundKey,
  DynamoTableName,
  EpochMS,
  EpochSeconds,
  Flavour,
  Milliseconds,
  Seconds,
  SortKey,
} from './brands.js';
export { changeValue, type ChangeOptions, type ChangeTarget } from './change-value.js';
export { cancellationReasons, type CancellationReason } from './cancellation-reasons.js';
export {
  correctedBy,
  latestMs,
  systemClock,
  uncorrected,
  type Clock,
  type DynamoClock,
  type SleepOptions,
} from './clock.js';
export type { Codec } from './codec.js';
export { compressedCodec, type CompressedCodecOptions } from './compressed-codec.js';
export {
  isConditionalCheckFailed,
  writeConditionally,
  type ConditionalOperation,
  type ConditionalOutcome,
  type ConditionalWriteOptions,
} from './conditional-write.js';
export { connect, type Connection, type ConnectionOptions } from './connection.js';
export {
  TableNotActiveError,
  createTable,
  toCloudFormation,
  type CreateTableOptions,
} from './create-table.js';
export { dynamoAssign, type DynamoDao } from './dynamo-dao.js';
export { errorName } from './error-name.js';
export {
  ConflictError,
  DynamoPrimitiveError,
  InvalidInputError,
  ItemTooLargeError,
  KeyCollisionError,
  SdkMismatchError,
  TokenReusedError,
  UnpackedTooLargeError,
  UnreadableRowError,
  keyText,
  type CallerKey,
} from './errors.js';
export { expirySeconds, isExpired, type ExpiryOptions } from './expiry.js';
export {
  checkInteger,
  checkKeyText,
  checkOneOf,
  checkPositive,
  checkWellFormed,
  keyBytesMax,
  utf8Bytes,
} from './input-checks.js';
export { checkFinished } from './finished-work.js';
export { instantOf, type Instant } from './instant.js';
export { checkItemSize, itemBytes, itemBytesMax } from './item-size.js';
export { jsonCodec } from './json-codec.js';
export { checkNamespace, keyAddress, keysTable, namespacePrefix } from './key-rows.js';
export {
  Lease,
  hadEnded,
  leaseStart,
  type HeartbeatOptions,
  type LeaseEnd,
  type LeaseOptions,
  type LeaseStart,
  type LeaseTimeout,
  type Renew,
} from './lease.js';
export { mapConcurrently } from './map-concurrently.js';
export { mayBeApplied } from './may-be-applied.js';
export { guarded, monitored, type Logger, type Metrics, type Monitoring } from './monitoring.js';
export { fromPagePointer, toPagePointer, type PagePointer } from './page-pointer.js';
export { pages, type PagesOptions } from './pages.js';
export {
  partitionedKeysTable,
  partitionedRows,
  rowsOf,
  type PartitionKeyMappings,
  type PartitionedKey,
  type PartitionedRows,
  type PartitionedRowsOptions,
  type PartitionedTable,
} from './partitioned-rows.js';
export { systemRandom, type Random } from './random.js';
export {
  countsRemembered,
  isRegister,
  newest,
  registerParts,
  registerValues,
  registers,
  remembered,
  remembers,
  valueRegisters,
  valuesRemembered,
  type RegisterParts,
  type Registers,
} from './recent-ids.js';
export { repeatConflicts } from './repeat-conflicts.js';
export {
  checkAlone,
  expiredNames,
  hasBoth,
  hasRoom,
  isOnly,
  kindBeside,
  readRefusal,
  type RefusedWrite,
  type RowKind,
} from './row-kinds.js';
export {
  schemaCodec,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from './schema-codec.js';
export type { KeyAttribute, TableDefinition } from './table-definition.js';
export { ServerBounds, type ClockOffset } from './server-bounds.js';
export { isAwsHost, type ClockOptions } from './server-clock.js';
export {
  assertTableNameValid,
  createTableNaming,
  dynamoTableName,
  resolveTableName,
  type TableNaming,
  type TableNamingOptions,
} from './table-name.js';
export { checkToken, digestOf, requestToken, tokenId, type TokenId } from './token-id.js';
export { transactWrite, type TransactItem, type TransactWriteOptions } from './transact-write.js';
export {
  mapBuilt,
  send,
  toTransport,
  type AnswerMetadata,
  type Built,
  type CallOptions,
  type Dynamo,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
  type RequestOptions,
  type SdkClient,
} from './transport.js';
export {
  isAbsent,
  isPresent,
  isUnchanged,
  type Condition,
  type ExpectedValue,
  type RowCondition,
} from './value-conditions.js';
export {
  fullRow,
  replaceExpired,
  setValue,
  type RowAddress,
  type RowOwner,
  type ValueWrite,
} from './value-requests.js';
export type { StoredValue, ValueAttributes } from './value-row.js';
export {
  ValueRows,
  type Entry,
  type ReadOptions,
  type ValueRowsOptions,
  type WriteOptions,
} from './value-rows.js';
export {
  expectedValue,
  metBy,
  writeNow,
  type Demand,
  type ValueChange,
  type ValueTarget,
} from './write-value.js';
