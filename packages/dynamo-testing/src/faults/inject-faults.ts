import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { hasMethods } from '@x/dynamo-core/mechanism';

import type { FaultPlan } from './fault.js';
import { FaultHandler } from './fault-handler.js';

/**
 * Lets the requests of `client` meet faults: puts a {@link FaultHandler} around its request handler.
 *
 * Call it before the first `send` when the client was made with `cacheMiddleware: true`: such a
 * client keeps the handler that it had at the first request of each kind.
 *
 * @param client any client of the SDK; it is changed
 * @param faults a plan, or a handler that counts and logs for several clients
 * @throws {InvalidInputError} for what is no client of the SDK: a `MemoryDynamo` takes `chaos`
 * @returns the handler, for its log and to change the plan
 *
 * @example
 * ```ts
 * import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
 * import { injectFaults } from '@x/dynamo-testing';
 *
 * const client = new DynamoDBClient({
 *   region: 'us-east-1',
 *   endpoint: 'http://127.0.0.1:1',
 *   credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
 *   maxAttempts: 1,
 * });
 * const faults = injectFaults(client, () => ({ kind: 'error', name: 'InternalServerError', status: 500 }));
 *
 * await client.send(new ListTablesCommand()).catch((error: Error) => console.log(error.name));
 * console.log(faults.log.length); // 1
 * client.destroy();
 * ```
 */
export function injectFaults(
  client: DynamoDBClient,
  faults: FaultHandler | FaultPlan,
): FaultHandler {
  const { config } = Object(client) as Partial<DynamoDBClient>;
  if (typeof config?.requestHandler?.handle !== 'function') {
    throw new InvalidInputError('client', client, 'a client of the SDK', { isData: true });
  }
  // One of another copy of this package is a handler, too.
  const handler = hasMethods(faults, 'around')
    ? (faults as FaultHandler)
    : new FaultHandler(faults as FaultPlan);
  config.requestHandler = handler.around(config.requestHandler);
  return handler;
}
