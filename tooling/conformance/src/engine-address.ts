import type { EngineName } from '@x/dynamo-testing';

/** Where the tests find an engine. */
export interface EngineAddress {
  readonly name: EngineName;
  readonly endpoint: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    engines: readonly EngineAddress[];
  }
}
