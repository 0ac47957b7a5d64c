export { explore } from './schedule/explore.js';
export { expectNoViolation, expectViolation } from './schedule/expectations.js';
export { networkFaults, type FaultKind } from './schedule/fault-kind.js';
export type { ClockDeviation } from './schedule/client-clock.js';
export type { ExploreOptions, SampleOptions, Scenario } from './schedule/options.js';
export { sample } from './schedule/sample.js';
export { SimulatedClient } from './schedule/simulated-client.js';
export { isSimulatedNetworkError } from './schedule/simulated-network-error.js';
export type { Violation } from './schedule/simulation-result.js';
export type { Check, World } from './schedule/world.js';
export {
  describeRivals,
  rivalOptions,
  rivals,
  rivalLeaseMs,
  type Rival,
} from './schedule/rivals.js';
export { leaseHistory } from './schedule/lease-histories.js';
export {
  describeMortality,
  describeWindows,
  type Mortal,
  type Windowed,
} from './schedule/wrong-clocks.js';
export { checkLinearizable } from './linearizability/check-linearizable.js';
export { countAfter, type CounterInput } from './linearizability/counter-model.js';
export { elementSetModel, type ElementSetInput } from './linearizability/element-set-model.js';
export type { Operation, SequentialModel } from './linearizability/history.js';
export { lockModel, type LockInput } from './linearizability/lock-model.js';
export { recordHistory } from './linearizability/record-history.js';
export {
  registerModel,
  type RegisterInput,
  type RegisterOutput,
} from './linearizability/register-model.js';
