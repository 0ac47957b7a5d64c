import { createRequire } from 'node:module';
import { join } from 'node:path';

import type * as sdk from '@aws-sdk/client-dynamodb';

import { findPackage } from './engines/find-package.js';

const name = '@aws-sdk/client-dynamodb';

/**
 * The SDK, loaded when it is needed: who tests with `MemoryDynamo` alone need not have it. It is the
 * copy that the user's own code imports.
 */
export function loadSdk(): typeof sdk {
  const require = createRequire(join(process.cwd(), 'package.json'));
  return require(findPackage(name) ?? name) as typeof sdk;
}
