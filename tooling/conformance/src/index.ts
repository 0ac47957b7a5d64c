export { collected } from './collected.js';
export type { ConformanceEngine } from './conformance-engine.js';
export { describeOnEngines, describeOnOneEngine } from './describe-on-engines.js';
export { describePeers } from './describe-peers.js';
export { describeValueTable } from './describe-value-table.js';
export { endOf } from './end-of.js';
export { monitoringOf } from './monitoring-of.js';
export { listen, type Listening } from './listen.js';
export { OriginalLock } from './original-lock.js';
export type { EngineAddress } from './engine-address.js';
export { recorded, type RecordedTransport } from '@x/recorder';
export { withTimesOf } from './fault-matrix/times-alike.js';
export {
  machineOf,
  wrongMachines,
  type Machine,
  type WrongMachine,
} from './fault-matrix/wrong-machines.js';
export { publicMethods } from './fault-matrix/public-methods.js';
export { batchWritesAgain } from './fault-matrix/check-case.js';
export { describeFaultMatrix } from './fault-matrix/describe-fault-matrix.js';
export type {
  MatrixCaseOptions,
  MatrixContext,
  MatrixDifference,
  MatrixRun,
  MethodName,
} from './fault-matrix/matrix-case.js';
