import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { AnswerMetadata } from '@x/dynamo-core';

import type { MemoryDynamo } from './memory-dynamo.js';
import type { MemoryOperation } from './operations/operations.js';
import { ServiceError, UnsupportedFeatureError } from './service-errors.js';
import { formatWire, parseWire } from './wire-json.js';

/** Where `serve` listens. */
export interface ServeOptions {
  /** The port to listen on. @default any free one */
  readonly port?: number;
}

/** A `MemoryDynamo` behind a port. */
export interface ServedMemory {
  /** What a client takes as `endpoint`, such as `"http://127.0.0.1:54321"`. */
  readonly endpoint: string;
  /** Ends the open connections and the server. A second call changes nothing. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const bodyBytesMax = 17 * 1024 * 1024;

/**
 * Serves a `MemoryDynamo` over HTTP on the loopback interface, in the protocol of DynamoDB, so that
 * a client in another process or in another language can use it. Answers carry the time of the
 * memory's clock as their `Date`; signatures are not checked.
 *
 * An operation that is not emulated is answered with `UnknownOperationException`, a field that is
 * not emulated with `ValidationException`, which names it.
 *
 * @example
 * ```ts
 * import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
 * import { MemoryDynamo, serve } from '@x/dynamo-testing';
 *
 * await using served = await serve(new MemoryDynamo());
 * const client = new DynamoDBClient({
 *   endpoint: served.endpoint,
 *   region: 'us-east-1',
 *   credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
 * });
 * console.log((await client.send(new ListTablesCommand({}))).TableNames); // []
 * client.destroy();
 * ```
 */
export async function serve(
  memory: MemoryDynamo,
  { port = 0 }: ServeOptions = {},
): Promise<ServedMemory> {
  const server = createServer((request, response) => {
    answer(memory, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const stop = (): Promise<void> => close(server);
  const { port: chosen } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${chosen}`, stop, [Symbol.asyncDispose]: stop };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The only failure is a server that is closed already.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  memory: MemoryDynamo,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body, serverTimeMs = Date.now() } = await respond(memory, request);
  response.writeHead(status, {
    date: new Date(serverTimeMs).toUTCString(),
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function respond(memory: MemoryDynamo, request: IncomingMessage): Promise<HttpAnswer> {
  const target = String(request.headers['x-amz-target']).split('.').at(-1);
  try {
    const input = parseWire(await readBody(request));
    const output: object = await memory.call(target as MemoryOperation, input as never);
    return { status: 200, body: formatWire(output), serverTimeMs: timeOf(output) };
  } catch (error) {
    const body = formatWire(errorBody(error, target));
    return { status: 400, body, serverTimeMs: timeOf(error) };
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly serverTimeMs: number | undefined;
}

/** An answer carries the time of the memory's clock. */
function timeOf(answer: unknown): number | undefined {
  return (answer as { readonly $metadata?: AnswerMetadata }).$metadata?.serverTimeMs;
}

function errorBody(error: unknown, target: string | undefined): object {
  if (error instanceof ServiceError) {
    const { name, message, Item, CancellationReasons } = error;
    return {
      __type: `com.amazonaws.dynamodb.v20120810#${name}`,
      message,
      Item,
      CancellationReasons,
    };
  }
  if (error instanceof UnsupportedFeatureError) {
    const isOperation = error.feature === target;
    const name = isOperation ? 'UnknownOperationException' : 'ValidationException';
    return { __type: `com.amazon.coral.service#${name}`, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { __type: 'com.amazon.coral.service#SerializationException', message };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new ServiceError('RequestEntityTooLargeException', 'Too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
