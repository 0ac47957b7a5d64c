export { N, S, numberOf, stringOf, type AttributeValue, type Item } from './attribute-value.js';
export { BatchIncompleteError } from './batches.js';
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
export { systemClock, type Clock, type SleepOptions } from './clock.js';
export type {
  ChannelMessage,
  ChannelMessages,
  ChannelName,
  RequestMessage,
} from './diagnostics-channels.js';
export type { Codec } from './codec.js';
export { compressedCodec, type CompressedCodecOptions } from './compressed-codec.js';
export type { ConnectionOptions } from './connection.js';
export {
  TableMismatchError,
  TableNotActiveError,
  createTable,
  toCloudFormation,
  type CreateTableOptions,
} from './create-table.js';
export { dynamoAssign, type DynamoDao } from './dynamo-dao.js';
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
  type CallerKey,
} from './errors.js';
export type { ExpiryOptions } from './expiry.js';
export type { Instant } from './instant.js';
export { jsonCodec } from './json-codec.js';
export { keysTable } from './key-rows.js';
export { mappedTable, type GivenMappings, type PartitionKeyMappings } from './mappings.js';
export type { Logger, Metrics, Monitoring } from './monitoring.js';
export type { PagePointer } from './page-pointer.js';
export { pinoLogger, type PinoLike } from './pino-logger.js';
export {
  partitionedKeysTable,
  type PartitionedKey,
  type PartitionedTable,
} from './partitioned-rows.js';
export { systemRandom, type Random } from './random.js';
export {
  schemaCodec,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from './schema-codec.js';
export type { KeyAttribute, TableDefinition } from './table-definition.js';
export type { ClockOptions } from './server-clock.js';
export {
  assertTableNameValid,
  createTableNaming,
  dynamoTableName,
  resolveTableName,
  type TableNaming,
  type TableNamingOptions,
} from './table-name.js';
export type { TransactItem } from './transact-write.js';
export type {
  AnswerMetadata,
  CallOptions,
  Dynamo,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
  SdkClient,
} from './transport.js';
export type { Condition } from './value-conditions.js';
export type { StoredValue } from './value-row.js';
export type { Entry, ReadOptions, WriteOptions } from './value-options.js';
