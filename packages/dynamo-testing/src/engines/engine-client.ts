import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, type OptionNames } from '@x/dynamo-core/mechanism';

import type { FaultPlan } from '../faults/fault.js';
import type { FaultHandler } from '../faults/fault-handler.js';
import { injectFaults } from '../faults/inject-faults.js';
import { loadSdk } from '../load-sdk.js';

/** The SDK's own options, and the faults that the client's requests meet. */
export interface EngineClientOptions extends DynamoDBClientConfig {
  /**
   * A plan, or a `FaultHandler` whose log is read later.
   *
   * @default none
   */
  readonly faults?: FaultHandler | FaultPlan | undefined;
}

/**
 * Makes a client for an endpoint, with a region and credentials for tests (for an endpoint of AWS,
 * those of the environment). For test files that use an engine which was started once for all of
 * them; `startDynamo` gives a client of its own engine. Destroy it when it is not needed any more.
 *
 * @throws {InvalidInputError} for an option that neither the SDK nor this has.
 *
 * @example
 * ```ts
 * import { engineClient, startDynamo } from '@x/dynamo-testing';
 *
 * await using dynamo = await startDynamo();
 * const client = engineClient(dynamo.endpoint, { maxAttempts: 1 });
 * client.destroy();
 * ```
 */
export function engineClient(endpoint: string, options?: EngineClientOptions): DynamoDBClient {
  if (!URL.canParse(endpoint)) throw new InvalidInputError('endpoint', endpoint, 'a URL');
  const { faults, ...config } = checkedClientOptions(options);
  const client = new (loadSdk().DynamoDBClient)({
    endpoint,
    ...(isAws(endpoint) ? {} : dummyAccount),
    ...config,
  });
  if (faults !== undefined) injectFaults(client, faults);
  return client;
}

/** Those that a client keeps nowhere in its `config` where they are not given. */
const unseen: readonly string[] = [
  'accountId',
  'cacheMiddleware',
  'endpointCacheSize',
  'faults',
  'profile',
  'signerConstructor',
  'signingRegion',
];
let known: OptionNames<EngineClientOptions> | undefined;

/** The SDK ignores what it does not have. What it has is what a client of the installed version says. */
export function checkedClientOptions(
  options: EngineClientOptions | undefined,
): EngineClientOptions {
  if (known === undefined) {
    const { config } = new (loadSdk().DynamoDBClient)({ region: 'none' });
    const names = [...Object.keys(config), ...unseen].map((name) => [name, true]);
    known = Object.fromEntries(names) as unknown as OptionNames<EngineClientOptions>;
  }
  return checkedOptions(options, known);
}

// DynamoDB Local keeps one database per access key and accepts letters and digits only.
const dummyAccount: DynamoDBClientConfig = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
};

function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
