export type { ConformanceEngine } from './conformance-engine.js';
export { describeOnEngines } from './describe-on-engines.js';
export type { EngineAddress } from './engine-address.js';
export {
  recorded,
  type ConsumedUnits,
  type RecordedOptions,
  type RecordedRequest,
  type RecordedTransport,
} from './recorded.js';
