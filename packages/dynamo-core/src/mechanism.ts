/** What the primitives are made of: for authors of a primitive of their own. */

export type { ComputeContext, GetOrSetOptions } from './get-or-set-options.js';

export { afterReads } from './after-idleness.js';
export { fullJitterMs, isCrowded, leasePauseMs, pause, tellsOthers } from './backoff.js';
export {
  batchGet,
  batchWrite,
  clearRows,
  type ClearProgress,
  type BatchOptions,
} from './batches.js';

export {
  beginning,
  diagnosticsChannel,
  publishQuietly,
  tell,
  type Beginning,
  type Channel,
} from './diagnostics-channels.js';
export {
  leaseTable,
  type LeaseChannels,
  type LeaseTable,
  type LeaseTableOptions,
} from './lease-table.js';
export { cancellationReasons, type CancellationReason } from './transaction-errors.js';
export {
  checkedClock,
  correctedBy,
  latestMs,
  uncorrected,
  type DynamoClock,
  instantOf,
  backgroundSleep,
  abortable,
  whenAborted,
  deadline,
  leaseStart,
  remainsMs,
  requestMsMax,
  settledWithin,
  type LeaseEnd,
  type LeaseStart,
  type ClockOffset,
  type DeadlineOptions,
} from './clock.js';

export {
  connect,
  connectionOptionNames,
  type Connection,
  toTransport,
  withServerClock,
} from './connection.js';
export {
  conflicts,
  filledIn,
  repeatConflicts,
  perShape,
  type PerShape,
  readItem,
  send,
  writeConditionally,
  type ConditionalOperation,
  type ConditionalOutcome,
} from './send.js';
export { ServerBounds } from './server-time.js';
export { keyText, errorName, isConditionalCheckFailed } from './errors.js';
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

export { keyRowMappings } from './key-rows.js';
export { Lease, takeLease, type LeaseTimeout, type TakenLease } from './lease.js';
export { HeldLock, holdTaken, sendTaking } from './held-lock.js';
export { LockLostError, type LockLossReason } from './lease-errors.js';
export { LockTimeoutError } from './wait-for-lease.js';
export {
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
} from './lease-options.js';
export { releaseAfter, runHeld } from './run-held.js';
export { mapConcurrently } from './map-concurrently.js';
export { iterationOf, onFirstUse, preload } from './on-first-use.js';
export { resolveMappings } from './mappings.js';
export type { GivenMappings, Mappings } from './table-definition.js';
export { renamed } from './renamed-attributes.js';
export { mayBeApplied } from './may-be-applied.js';
export { guarded } from './guarded-monitoring.js';
export { monitored } from './monitoring.js';

export { nodeModule, sha256 } from './node-module.js';
export { fromPagePointer, toPagePointer } from './page-pointer.js';

export { pages } from './pages.js';
export {
  partitionedRows,
  partitionedRowsOptionNames,
  rowsOf,
  type PartitionedHandle,
  type PartitionedRowsOptions,
} from './partitioned-rows.js';
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
  type Registers,
} from './recent-ids.js';

export { checkAlone, droppedOf, readRefusal, valueRefusal, hasBoth, isOnly } from './row-kinds.js';

export { checkToken, digestOf, digestOfJson, tokenId, type TokenId } from './token-id.js';
export { rowNames, rowRequest } from './row-requests.js';
export { transactWrite } from './transact-write.js';

export type { RowAddress, ValueAttributes } from './value-row.js';
export {
  readOptionNames,
  changeOptionNames,
  type ChangeOptions,
  type ValueKeys,
  type ValueStore,
} from './value-options.js';
export { changeValue } from './change-value.js';
export { ValueTable, prepare, readEntry } from './value-table.js';
export { entryOf } from './value-entry.js';
export { readMany, writeMany } from './value-batches.js';
export {
  all,
  locate,
  writeNow,
  writeValue,
  type Demand,
  type ValueChange,
  type ValueTarget,
  isAbsent,
  isOwn,
  type RowCondition,
  countName,
  hasRoom,
  otherOwner,
  setValue,
  type ValueWrite,
} from './write-value.js';
export { isPresent, isUnchanged } from './value-conditions.js';
export { replaceExpired } from './refused-value.js';
export { checkRowSize, expectedValue } from './value-requests.js';
export { deleteFound, scanBound } from './scan-bound.js';
