import type * as http from 'node:http';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type * as https from 'node:https';
import type { Socket } from 'node:net';

import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, nodeModule } from '@x/dynamo-core/mechanism';

import {
  afterReads,
  bounded,
  headerOf,
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
  readonly agent?: Agent | undefined;
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
  if (agent !== undefined && rest.maxSockets !== undefined) {
    throw new InvalidInputError('maxSockets', rest.maxSockets, 'left out: the agent has its own');
  }
  const limits = limitsOf(rest);
  const agents = new Map<string, Agent>();
  const agentOf = (protocol: string, module: Module): Agent => {
    const known = agent ?? agents.get(protocol);
    if (known !== undefined) return known;
    const made = new module.Agent({ keepAlive: true, maxSockets: limits.maxSockets });
    agents.set(protocol, made);
    return made;
  };
  return {
    send: (request) => {
      const { protocol } = request.url;
      const module = nodeModule(protocol === 'https:' ? 'node:https' : 'node:http');
      return sendOnce(request, module, agentOf(protocol, module), limits);
    },
    destroy: () => {
      // What is under way ends first; its connections then close.
      for (const made of agents.values()) {
        Object.assign(made, { keepAlive: false });
        for (const sockets of Object.values(made.freeSockets)) {
          for (const socket of sockets ?? []) socket.destroy();
        }
      }
      agents.clear();
    },
  };
}

function sendOnce(
  { url, headers, body, signal }: HttpRequest,
  module: Module,
  agent: Agent,
  { connectTimeoutMs, requestTimeoutMs }: Limits,
): Promise<HttpResponse> {
  return bounded(requestTimeoutMs, signal, (resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, header: headerOf(response.headers), text });
      });
    };
    const request = module.request(
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
    request.on('error', (error) => reject(named(error, request.reusedSocket)));
    request.on('socket', (socket) => {
      if (socket.connecting) limitConnect(request, socket, connectTimeoutMs);
    });
    request.end(body);
    return () => request.destroy();
  });
}

type Module = typeof http | typeof https;

function limitConnect(request: ClientRequest, socket: Socket, ms: number): void {
  const expire = (): void => {
    if (socket.connecting) request.destroy(timeoutError(`No connection within ${ms} ms`));
  };
  const timer = setTimeout(afterReads, ms, expire);
  const clear = (): void => clearTimeout(timer);
  socket.once('connect', clear);
  request.once('close', clear);
}

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The name that the SDK gives to lost connections; their code says which way. */
function named(error: Error, isReused: boolean): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (lostCodes.has(code)) error.name = 'TimeoutError';
  // Most likely, the server had closed the kept connection while it was idle.
  return isReused && lostCodes.has(code) ? Object.assign(error, { reusedSocket: true }) : error;
}
