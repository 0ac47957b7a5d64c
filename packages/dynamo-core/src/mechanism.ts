/** What the primitives are made of: for authors of a primitive of their own. */

export {
  type ComputeContext,
  type GetOrSetOptions,
  readOptionNames,
  changeOptionNames,
  type ChangeOptions,
  type ValueStore,
} from './value-options.js';

export {
  afterReads,
  connect,
  connectionOptionNames,
  type Connection,
  toTransport,
  withServerClock,
} from './connection.js';

export { mayBeApplied } from './may-be-applied.js';
export { fullJitterMs, isCrowded, leasePauseMs, pause, tellsOthers } from './backoff.js';
export { batchGet, batchWrite } from './batches.js';

export { diagnosticsChannel, type Channel } from './diagnostics-channels.js';
export { beginning, publishQuietly, tell, type Beginning } from './telling.js';
export {
  leaseTable,
  type LeaseTable,
  type LeaseTableOptions,
  acquireOptionNames,
  tryAcquireOptionNames,
  leaseMsDefault,
  leaseMsMax,
  leaseMsOf,
  metaIn,
  waitingOf,
  type AcquireOptions,
  type TryAcquireOptions,
  type AttemptOutcome,
  type LeaseRequest,
  type LeaseRow,
  type LeaseWrite,
  type PreviousHolder,
  type ReleaseOptions,
  type ReleaseOutcome,
  type RenewOptions,
  type Waiting,
} from './lease-table.js';
export { cancellationReasons, type CancellationReason } from './transaction-errors.js';
export {
  checkedClock,
  latestMs,
  uncorrected,
  type DynamoClock,
  backgroundSleep,
  abortable,
  whenAborted,
  deadline,
  leaseStart,
  requestMsMax,
  settledWithin,
  type LeaseStart,
  type DeadlineOptions,
} from './clock.js';

export {
  conflicts,
  repeatConflicts,
  perShape,
  type PerShape,
  readItem,
  send,
  writeConditionally,
  type ConditionalOperation,
  type ConditionalOutcome,
  iterationOf,
  onFirstUse,
  type OnFirstUse,
  preload,
} from './send.js';
export { instantOf, ServerBounds } from './server-time.js';
export { errorName, isConditionalCheckFailed } from './errors.js';
export { keyText } from './primitive-errors.js';
export { isShort, checkWellFormed, copyOfInfo, utf8Bytes } from './attributes.js';
export { checkItemSize, itemBytes, itemBytesMax } from './item-size.js';

export {
  checkFinished,
  checkFunction,
  checkInteger,
  checkKeyText,
  checkLease,
  checkMethods,
  checkOneOf,
  checkPositive,
  checkString,
  keyBytesMax,
  checkedOptions,
  hasMethods,
  listOf,
  oneOf,
  type OptionNames,
  within,
  expiryMs,
  expirySeconds,
  isExpired,
  keyAddress,
  namespacePrefix,
  callOptionNames,
  type BatchKey,
} from './input-checks.js';

export { keyRowMappings, type GivenMappings, type Mappings } from './table-definition.js';
export { Lease, takeLease, type LeaseTimeout, type TakenLease } from './lease.js';
export {
  HeldLock,
  holdTaken,
  sendTaking,
  LockLostError,
  type LockLossReason,
} from './held-lock.js';
export { LockTimeoutError } from './wait-for-lease.js';
export { releaseAfter, runHeld } from './run-held.js';
export { mapConcurrently } from './map-concurrently.js';
export { resolveMappings, renamed } from './mappings.js';
export { guarded, monitored } from './monitoring.js';
export { nodeModule } from './node-module.js';
export { clearRows, fromPagePointer, toPagePointer, pages, type ClearProgress } from './pages.js';

export {
  partitionedRows,
  partitionedRowsOptionNames,
  rowsOf,
  type PartitionedHandle,
  type PartitionedRowsOptions,
} from './partitioned-rows.js';
export {
  countsRemembered,
  newest,
  registerParts,
  registerValues,
  registers,
  remembers,
  valueRegisters,
  valuesRemembered,
  type Registers,
} from './recent-ids.js';

export {
  checkAlone,
  droppedOf,
  isRegister,
  readRefusal,
  valueRefusal,
  hasBoth,
  isNewToken,
  isOnly,
  remembered,
} from './row-kinds.js';

export { digestOfJson, sha256 } from './digest.js';
export { checkToken, digestOf, tokenId, type TokenId } from './token-id.js';
export { filledIn, rowNames, rowRequest } from './row-requests.js';
export { isPresent, isUnchanged } from './value-conditions.js';
export { transactWrite } from './transact-write.js';

export {
  type RowAddress,
  all,
  locate,
  writeNow,
  writeValue,
  type Demand,
  type ValueChange,
  type ValueWrite,
  type ValueTarget,
  isAbsent,
  isOwn,
  countName,
  hasRoom,
  otherOwner,
  setValue,
} from './write-value.js';
export { changeValue } from './change-value.js';
export { ValueTable, prepare, readEntry, entryOf, readMany, writeMany } from './value-table.js';
export { replaceExpired } from './refused-value.js';
export { checkRowSize, expectedValue } from './value-requests.js';
export { deleteFound, scanBound } from './scan-bound.js';
