export type { ConformanceEngine } from './conformance-engine.js';
export { describeOnEngines } from './describe-on-engines.js';
export { describePeers, type PeerCases } from './describe-peers.js';
export {
  describeValueTable,
  type OpenValueTable,
  type ValueTable,
} from './describe-value-table.js';
export { endOf } from './end-of.js';
export { monitoringOf } from './monitoring-of.js';
export { listen, type Listening } from './listen.js';
export { OriginalLock } from './original-lock.js';
export type { EngineAddress } from './engine-address.js';
export {
  recorded,
  type ConsumedUnits,
  type RecordedOptions,
  type RecordedRequest,
  type RecordedTransport,
} from '@x/recorder';
export { publicMethods } from './fault-matrix/public-methods.js';
export { describeFaultMatrix } from './fault-matrix/describe-fault-matrix.js';
export type {
  FaultMatrix,
  MatrixCase,
  MatrixCaseOptions,
  MatrixContext,
  MatrixDifference,
  MatrixRun,
} from './fault-matrix/matrix-case.js';
export type { MatrixFaultName } from './fault-matrix/matrix-faults.js';
