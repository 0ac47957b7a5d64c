import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions } from '@x/dynamo-core/mechanism';

import {
  afterReads,
  limitsOf,
  timeoutError,
  type ConnectionLimits,
  type HttpRequest,
  type HttpResponse,
  type HttpSender,
  type Limits,
} from './http-sender.js';

/** What the sender over `node:http` takes. */
export interface NodeHttpOptions extends ConnectionLimits {
  /** An agent of your own, for a proxy or certificates. It has its own `maxSockets`. */
  readonly agent?: HttpAgent | undefined;
}

/** The names of `NodeHttpOptions`. */
export const nodeHttpOptionNames = {
  agent: true,
  connectTimeoutMs: true,
  maxSockets: true,
  requestTimeoutMs: true,
} as const;

/**
 * Sends with `node:http` and `node:https`, over connections that are kept open: the default. Node,
 * Bun and Deno have both. TLS is as Node does it (`NODE_EXTRA_CA_CERTS`, an `agent` of your own).
 *
 * @example
 * ```ts
 * import { LightClient, nodeHttp } from '@x/dynamo-light-client';
 *
 * const http = nodeHttp({ maxSockets: 100, requestTimeoutMs: 2_000 });
 * const dynamo = new LightClient({ region: 'eu-central-1', http });
 * ```
 */
export function nodeHttp(options?: NodeHttpOptions): HttpSender {
  const { agent, ...rest } = checkedOptions(options, nodeHttpOptionNames);
  if (agent !== undefined && rest.maxSockets !== undefined) throw agentsOwn(rest.maxSockets);
  const limits = limitsOf(rest);
  const agents = new Map<string, HttpAgent>();
  const agentOf = (protocol: string): HttpAgent => {
    const known = agent ?? agents.get(protocol);
    if (known !== undefined) return known;
    // By their names: webpack empties a namespace that is passed around.
    const Agent = protocol === 'https:' ? HttpsAgent : HttpAgent;
    const made = new Agent({ keepAlive: true, maxSockets: limits.maxSockets });
    agents.set(protocol, made);
    return made;
  };
  return {
    send: (request) => sendOnce(request, agentOf(request.url.protocol), limits),
    destroy: () => {
      for (const made of agents.values()) made.destroy();
    },
  };
}

function agentsOwn(maxSockets: number): InvalidInputError {
  return new InvalidInputError('maxSockets', maxSockets, 'left out: the agent has its own');
}

function sendOnce(
  { url, headers, body, signal }: HttpRequest,
  agent: HttpAgent,
  { connectTimeoutMs, requestTimeoutMs }: Limits,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const finish = (): void => {
      isDone = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      if (isDone) return;
      finish();
      // What rejects may be the reason of a signal, which is the caller's.
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(error);
      request.destroy();
    };
    const onAbort = (): void => fail(signal?.reason);
    const onResponse = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', fail);
      response.on('end', () => {
        if (isDone) return;
        finish();
        const header = (name: string): string | undefined => textOf(response.headers[name]);
        resolve({ status: response.statusCode ?? 0, header, text });
      });
    };
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        agent,
        host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
        port: url.port,
        method: 'POST',
        path: url.pathname,
        headers: [...headers, 'content-length', String(Buffer.byteLength(body))],
      },
      onResponse,
    );
    request.on('error', (error) => fail(named(error, request.reusedSocket)));

    // One timer for both limits.
    const expire = (): void => fail(timeoutError(`No answer within ${requestTimeoutMs} ms`));
    const checkConnected = (): void => {
      if (isDone) return;
      if (request.socket?.connecting === true) {
        fail(timeoutError(`No connection within ${connectTimeoutMs} ms`));
      } else {
        timer = setTimeout(afterReads, requestTimeoutMs - connectTimeoutMs, expire);
      }
    };
    let timer =
      connectTimeoutMs < requestTimeoutMs
        ? setTimeout(afterReads, connectTimeoutMs, checkConnected)
        : setTimeout(afterReads, requestTimeoutMs, expire);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    else request.end(body);
  });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The name that the SDK gives to lost connections; their code says which way. */
function named(error: Error, isReused: boolean): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (lostCodes.has(code)) error.name = 'TimeoutError';
  // Most likely, the server had closed the kept connection while it was idle.
  return isReused && code !== '' ? Object.assign(error, { reusedSocket: true }) : error;
}
