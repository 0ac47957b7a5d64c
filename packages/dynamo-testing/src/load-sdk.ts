// By no name of its own: bundles for ESM begin with an import of `createRequire`, as esbuild wants it.
import * as nodeModules from 'node:module';

import type * as sdk from '@aws-sdk/client-dynamodb';

/**
 * The SDK, loaded when it is needed: who tests with `MemoryDynamo` alone need not have it. It is the
 * copy that the user's own code imports.
 */
export function loadSdk(): typeof sdk {
  // A bundle in CommonJS that esbuild made of ESM has none.
  const own: string | undefined = import.meta.url;
  const require = nodeModules.createRequire(own ?? `${process.cwd()}/package.json`);
  return require('@aws-sdk/client-dynamodb') as typeof sdk;
}
