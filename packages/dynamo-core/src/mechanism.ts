/** What the primitives are made of: for authors of a primitive of their own. */
export { abortable, deadline, settledWithin, type DeadlineOptions } from './abortable.js';
export type { ComputeContext, GetOrSetOptions } from './get-or-set-options.js';
export { backgroundSleep } from './background-sleep.js';
export { fullJitterMs, pause, type BackoffOptions } from './backoff.js';
export {
  batchGet,
  batchWrite,
  type BatchChange,
  type BatchGetOptions,
  type BatchKey,
  type BatchOptions,
} from './batches.js';
export {
  changeOptionNames,
  changeValue,
  type ChangeOptions,
  type ChangeTarget,
} from './change-value.js';
export {
  beginning,
  diagnosticsChannel,
  publishQuietly,
  tell,
  type Beginning,
  type Channel,
} from './diagnostics-channels.js';
export { leaseChannels, type LeaseChannels } from './lease-channels.js';
export { cancellationReasons, type CancellationReason } from './cancellation-reasons.js';
export { clearRows, type ClearProgress, type ClearRowsOptions } from './clear-rows.js';
export { correctedBy, latestMs, uncorrected, type DynamoClock } from './clock.js';
export {
  isConditionalCheckFailed,
  writeConditionally,
  type ConditionalOperation,
  type ConditionalOutcome,
  type ConditionalWriteOptions,
} from './conditional-write.js';
export { connect, connectionOptionNames, type Connection } from './connection.js';
export { errorName } from './error-name.js';
export { keyText } from './errors.js';
export { expiryMs, expirySeconds, isExpired } from './expiry.js';
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
export { instantOf } from './instant.js';
export { checkItemSize, itemBytes, itemBytesMax } from './item-size.js';
export { checkNamespace, keyAddress, keyRowMappings, namespacePrefix } from './key-rows.js';
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
export {
  HeldLock,
  requestMsMax,
  type HeldLockOptions,
  type LeaseRow,
  type PreviousHolder,
  type ReleaseOptions,
  type ReleaseOutcome,
  type RenewOptions,
} from './held-lock.js';
export {
  LockLostError,
  LockTimeoutError,
  type LockLossReason,
  type LockTimeoutDetails,
} from './lease-errors.js';
export {
  acquireOptionNames,
  attemptOptionNames,
  checkLease,
  copyOfInfo,
  leaseMsDefault,
  leaseMsOf,
  waitingOf,
  type AcquireOptions,
  type AttemptOptions,
  type Waiting,
} from './lease-options.js';
export { releaseAfter, runHeld } from './run-held.js';
export {
  attemptBounds,
  giveBack,
  tryLease,
  waitForLease,
  type AttemptBounds,
  type LeaseAttempt,
  type TakingOptions,
} from './take-lease.js';
export { mapConcurrently } from './map-concurrently.js';
export { resolveMappings, type GivenMappings, type Mappings } from './mappings.js';
export { renamed } from './renamed-attributes.js';
export { mayBeApplied } from './may-be-applied.js';
export { guarded, monitored } from './monitoring.js';
export { fromPagePointer, toPagePointer } from './page-pointer.js';
export { checkedOptions, type OptionNames } from './option-names.js';
export { pages, type PagesOptions } from './pages.js';
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
export { ServerBounds, type ClockOffset } from './server-bounds.js';
export { isAwsHost } from './server-clock.js';
export { checkToken, digestOf, requestToken, tokenId, type TokenId } from './token-id.js';
export { transactWrite, type TransactWriteOptions } from './transact-write.js';
export { callOptionNames, mapBuilt, send, toTransport, type Built } from './transport.js';
export {
  isAbsent,
  isPresent,
  isUnchanged,
  type ExpectedValue,
  type RowCondition,
} from './value-conditions.js';
export { fullRow, replaceExpired, setValue, type ValueWrite } from './value-requests.js';
export type { RowAddress, RowOwner, ValueAttributes } from './value-row.js';
export { readOptionNames, writeOptionNames } from './value-options.js';
export { ValueStore, type ValueStoreOptions } from './value-store.js';
export {
  expectedValue,
  valueRefusal,
  writeNow,
  type Demand,
  type ValueChange,
  type ValueTarget,
} from './write-value.js';
export { scanBound } from './scan-bound.js';
