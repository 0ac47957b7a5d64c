import { MemoryDynamo } from '../memory/memory-dynamo.js';
import { serve } from '../memory/serve.js';
import type { EngineProcess } from './engine-process.js';

/** The engine that needs no program. Like those that do, it does not keep the process. */
export function startMemory(): Promise<EngineProcess> {
  return serve(new MemoryDynamo(), { keepsProcess: false });
}
