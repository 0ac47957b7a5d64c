export type {
  AttributeValue,
  AnswerMetadata,
  CallOptions,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
  RequestOptions,
  SdkClient,
  Item,
} from './transport.js';
export { N, S, numberOf, stringOf, type Codec, jsonCodec } from './attributes.js';
export type { ConnectionOptions, Dynamo } from './connection.js';
export type { ClockOptions } from './send.js';
export { InvalidInputError, type CallerKey } from './errors.js';
export {
  DynamoPrimitiveError,
  SdkMismatchError,
  UnpackedTooLargeError,
  UnreadableRowError,
} from './primitive-errors.js';
export {
  ConflictError,
  ItemTooLargeError,
  KeyCollisionError,
  TokenReusedError,
} from './write-errors.js';
export { BatchIncompleteError } from './send-batches.js';
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
export {
  systemClock,
  type Clock,
  type SleepOptions,
  type Instant,
  systemRandom,
  type Random,
} from './clock.js';
export type {
  ChannelMessage,
  ChannelMessages,
  ChannelName,
  RequestMessage,
} from './diagnostics-channels.js';

export { compressedCodec, type CompressedCodecOptions } from './compressed-codec.js';
export {
  TableMismatchError,
  TableNotActiveError,
  createTable,
  toCloudFormation,
  type CreateTableOptions,
} from './create-table.js';
export { dynamoAssign, type DynamoDao } from './dynamo-dao.js';
export type { ExpiryOptions, PartitionedKey } from './input-checks.js';

export {
  keysTable,
  type KeyAttribute,
  type TableDefinition,
  type GivenMappings,
  type PartitionKeyMappings,
} from './table-definition.js';
export { mappedTable } from './mappings.js';
export type { Logger, Metrics, Monitoring } from './monitoring.js';
export type { PagePointer } from './pages.js';
export { pinoLogger, type PinoLike } from './pino-logger.js';
export { partitionedKeysTable, type PartitionedTable } from './partitioned-rows.js';

export {
  schemaCodec,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from './schema-codec.js';
export {
  assertTableNameValid,
  createTableNaming,
  dynamoTableName,
  resolveTableName,
  type TableNaming,
  type TableNamingOptions,
} from './table-name.js';
export type { TransactItem } from './transact-write.js';

export type { Condition, StoredValue } from './write-value.js';
export type { Entry, ReadOptions, WriteOptions } from './value-options.js';
