export type { DynamoOutput, Item, Random } from '@x/dynamo-core';

export { ManualClock, type DriveOptions, type ManualClockOptions } from './clock/manual-clock.js';
export { seededRandom } from './clock/seeded-random.js';
export { availableEngines } from './engines/available-engines.js';
export { engineClient, type EngineClientOptions } from './engines/engine-client.js';
export type { EngineName } from './engines/engine-name.js';
export {
  startDynamo,
  type RunningDynamo,
  type StartDynamoOptions,
} from './engines/start-dynamo.js';
export type { Fault, FaultCall, FaultLogEntry, FaultPlan } from './faults/fault.js';
export { FaultHandler, type FaultHandlerOptions } from './faults/fault-handler.js';
export { immediateRetries } from './faults/immediate-retries.js';
export { injectFaults } from './faults/inject-faults.js';
export { chaos, type Chaos, type ChaosOptions } from './faults/chaos.js';
export { memoryClient, type MemoryClientOptions } from './memory/memory-client.js';
export { MemoryDynamo, type MemoryDynamoOptions, type SdkCommand } from './memory/memory-dynamo.js';
export type { TableResource } from './memory/table-resource.js';
export { serve, type ServedMemory, type ServeOptions } from './memory/serve.js';
export { UnsupportedFeatureError } from './memory/service-errors.js';
