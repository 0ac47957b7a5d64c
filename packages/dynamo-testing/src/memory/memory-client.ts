import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import { InvalidInputError, type DynamoTransport } from '@x/dynamo-core';

import { checkedClientOptions, type EngineClientOptions } from '../engines/engine-client.js';
import { injectFaults } from '../faults/inject-faults.js';
import type {
  SdkRequest,
  SdkRequestHandler,
  SdkRequestOptions,
  SdkResponse,
} from '../faults/request-handler.js';
import { operationOf, textOf } from '../faults/wire.js';
import { loadSdk } from '../load-sdk.js';
import { answerWire } from './answer-wire.js';
import { checkMemory } from './check-memory.js';

/** The SDK's own options, but for where requests go; and the faults that they meet. */
export type MemoryClientOptions = Omit<EngineClientOptions, 'endpoint' | 'requestHandler'>;

/**
 * A client of the SDK whose requests are answered from memory, in this process and without a port.
 * Its serialiser, middleware, retries and errors are the SDK's own, so that document clients,
 * paginators, waiters, ORMs and Powertools run on it; it never asks AWS.
 *
 * A field or an operation that is not emulated is thrown as the `UnsupportedFeatureError` that
 * `MemoryDynamo` throws. Needs `@aws-sdk/client-dynamodb`, which is loaded here.
 *
 * @param memory A `MemoryDynamo`, or a `chaos` around one.
 * @param options What a client takes; `retryStrategy: immediateRetries()` repeats without waiting.
 * @throws {InvalidInputError} for an `endpoint`, a `requestHandler` or an option that is none, and without a memory.
 *
 * @example
 * ```ts
 * import { MemoryDynamo, memoryClient } from '@x/dynamo-testing';
 *
 * const memory = new MemoryDynamo();
 * const TableName = memory.createTable({ name: 'users', partitionKey: { name: 'id', type: 'S' } });
 * const client = memoryClient(memory);
 * await client.putItem({ TableName, Item: { id: { S: 'ann' } } });
 * console.log(memory.rows(TableName)); // [ { id: { S: 'ann' } } ]
 * ```
 */
export function memoryClient(memory: DynamoTransport, options?: MemoryClientOptions): DynamoDB {
  checkMemory(memory);
  const { faults, ...config } = checkedClientOptions(options);
  for (const field of ['endpoint', 'requestHandler'] as const) {
    const value: unknown = config[field];
    if (value !== undefined) throw new InvalidInputError(field, value, 'left out: memory answers');
  }
  const client = new (loadSdk().DynamoDB)({
    region: 'us-east-1',
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
    ...config,
    // A name that exists nowhere, should anything ever look for it.
    endpoint: 'http://memory.invalid',
    requestHandler: memoryHandler(memory),
  });
  if (faults !== undefined) injectFaults(client, faults);
  return client;
}

function memoryHandler(memory: DynamoTransport): SdkRequestHandler {
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    handle: (request: SdkRequest, options: SdkRequestOptions) => answer(memory, request, options),
  };
  return handler;
}

/** What the SDK passes along with a request; older ones leave the bound out. */
interface HandlerOptions {
  readonly abortSignal?: AbortSignal | undefined;
  readonly requestTimeout?: number | undefined;
}

async function answer(
  memory: DynamoTransport,
  request: SdkRequest,
  options: SdkRequestOptions,
): Promise<SdkResponse> {
  const { abortSignal, requestTimeout = 0 } = (options ?? {}) as HandlerOptions;
  const waiting = new AbortController();
  const abort = (): void => waiting.abort(failure('Request aborted', 'AbortError'));
  if (abortSignal?.aborted) abort();
  abortSignal?.addEventListener('abort', abort, { once: true });
  const message = `Request did not complete within requestTimeout ${requestTimeout} ms`;
  const timer =
    requestTimeout > 0
      ? setTimeout(() => waiting.abort(failure(message, 'TimeoutError')), requestTimeout)
      : undefined;
  try {
    const operation = operationOf(request);
    const wire = await answerWire(memory, operation, textOf(request), waiting.signal);
    const { status: statusCode, headers, body } = wire;
    // Not a `Buffer`: under jsdom it is of another realm than the bytes that the SDK knows.
    return { response: { statusCode, headers, body: new Uint8Array(Buffer.from(body)) } };
  } finally {
    clearTimeout(timer);
    abortSignal?.removeEventListener('abort', abort);
  }
}

function failure(message: string, name: string): Error {
  return Object.assign(new Error(message), { name });
}
