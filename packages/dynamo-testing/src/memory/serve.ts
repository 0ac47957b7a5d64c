import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

import type { DynamoTransport } from '@x/dynamo-core';
import { checkedOptions, checkInteger, type OptionNames } from '@x/dynamo-core/mechanism';

import { admitRequest, refusal } from './admit-request.js';
import { answerWire, wireAnswer, type WireAnswer } from './answer-wire.js';
import { checkMemory } from './check-memory.js';
import { ServiceError, UnsupportedFeatureError } from './service-errors.js';

/** Where `serve` listens. */
export interface ServeOptions {
  /** The port to listen on. @default any free one */
  readonly port?: number | undefined;
  /** Whether the process goes on as long as this is not stopped. @default true */
  readonly keepsProcess?: boolean | undefined;
}

/** A `MemoryDynamo` behind a port. */
export interface ServedMemory {
  /** What a client takes as `endpoint`, such as `"http://127.0.0.1:54321"`. */
  readonly endpoint: string;
  /** Ends the open connections and the server. A second call changes nothing. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const optionNames: OptionNames<ServeOptions> = { port: true, keepsProcess: 'boolean' };
const bodyBytesMax = 17 * 1024 * 1024;

/**
 * Serves a `MemoryDynamo`, or a `chaos` around one, over HTTP on the loopback interface, in the
 * protocol of DynamoDB, so that a client in another process or in another language can use it.
 * Answers carry the time of the memory's clock as their `Date`; a request must be signed, as the
 * SDKs do with any credentials, and signatures are not checked.
 *
 * An operation that is not emulated is answered with `UnknownOperationException`, a field that is
 * not emulated with `ValidationException`, which names it; a fault of our own with
 * `InternalServerError`.
 *
 * @throws {InvalidInputError} for a port or an option that is none, and without a memory.
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
  memory: DynamoTransport,
  options: ServeOptions = {},
): Promise<ServedMemory> {
  checkMemory(memory);
  const { port = 0, keepsProcess = true } = checkedOptions(options, optionNames);
  checkInteger('port', port, 0, 65_535);
  const server = createServer((request, response) => {
    answer(memory, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  if (!keepsProcess) server.unref().on('connection', (socket) => socket.unref());
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
  memory: DynamoTransport,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await respond(memory, request);
  response.writeHead(status, { ...headers, 'x-amz-crc32': String(crc32(body)) });
  response.end(body);
}

async function respond(memory: DynamoTransport, request: IncomingMessage): Promise<WireAnswer> {
  const operation = admitRequest(request);
  if (typeof operation !== 'string') return operation;
  try {
    return await answerWire(memory, operation, await readBody(request));
  } catch (error) {
    if (error instanceof ServiceError) {
      return refusal(413, error.name, error.message);
    }
    if (error instanceof UnsupportedFeatureError) {
      if (error.feature === operation) {
        return refusal(400, 'UnknownOperationException', error.message);
      }
      const type = 'com.amazon.coral.validate#ValidationException';
      return wireAnswer(400, { __type: type, message: error.message });
    }
    // A connection that is lost has no answer.
    const { code, message = String(error) } = Object(error) as Partial<NodeJS.ErrnoException>;
    if (code === 'ECONNRESET') throw error;
    return refusal(500, 'InternalServerError', message);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) {
      throw new ServiceError('RequestEntityTooLargeException', 'Request size limit exceeded');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
