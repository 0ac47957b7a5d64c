import { createRequire } from 'node:module';

import type * as sdk from '@aws-sdk/client-dynamodb';

/**
 * The SDK, loaded when it is needed: who tests with `MemoryDynamo` alone need not have it. It is the
 * copy that the user's own code imports.
 */
export function loadSdk(): typeof sdk {
  return createRequire(import.meta.url)('@aws-sdk/client-dynamodb') as typeof sdk;
}
