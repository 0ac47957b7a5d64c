export { explore } from './schedule/explore.js';
export { expectNoViolation, expectViolation } from './schedule/expectations.js';
export { networkFaults, type FaultKind } from './schedule/fault-kind.js';
export type { ClockDeviation } from './schedule/client-clock.js';
export type {
  ExploreOptions,
  SampleOptions,
  Scenario,
  SimulationOptions,
} from './schedule/options.js';
export { sample } from './schedule/sample.js';
export { SimulatedClient } from './schedule/simulated-client.js';
export {
  isSimulatedNetworkError,
  SimulatedNetworkError,
} from './schedule/simulated-network-error.js';
export type { SimulationResult, Violation } from './schedule/simulation-result.js';
export type { Check, World } from './schedule/world.js';
export { checkModel, type ModelResult, type ProtocolModel } from './models/check-model.js';
