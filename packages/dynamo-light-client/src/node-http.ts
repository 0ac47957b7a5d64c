import type { Agent } from 'node:http';

import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, nodeModule } from '@x/dynamo-core/mechanism';

import {
  bounded,
  byName,
  headerOf,
  limitsOf,
  lostName,
  readAfter,
  timeoutError,
  type ConnectionLimits,
  type HttpSender,
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
  return nodeSender(checkedOptions(options, nodeHttpOptionNames));
}

/** See `nodeHttp`. The names of the options have been checked. */
export function nodeSender(options: NodeHttpOptions): HttpSender {
  const { agent, maxSockets } = options;
  if (agent !== undefined && maxSockets !== undefined) {
    throw new InvalidInputError('maxSockets', maxSockets, 'left out: the agent has its own');
  }
  const limits = limitsOf(options);
  let agents: Record<string, Agent> = {};
  return {
    send: ({ url, headers, body, signal }) =>
      bounded(limits.requestTimeoutMs, signal, (resolve, reject) => {
        const { protocol, hostname, port, pathname: path } = url;
        const module = nodeModule(protocol === 'https:' ? 'node:https' : 'node:http');
        const made = { keepAlive: true, maxSockets: limits.maxSockets };
        const request = module.request({
          agent: agent ?? (agents[protocol] ??= new module.Agent(made)),
          // An address of IPv6 has brackets there.
          host: hostname.replaceAll(/[[\]]/g, ''),
          port,
          method: 'POST',
          path,
          // An object: who traces requests copies it and adds headers, which spoils a list.
          headers: byName(headers, 0),
        });
        request.on('response', (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (text += part));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode: status = 0 } = response;
            resolve({ status, header: headerOf(response.headers), text });
          });
        });
        request.on('error', (error) => reject(named(error, request.reusedSocket)));
        request.on('socket', (socket) => {
          if (!socket.connecting) return;
          const ms = limits.connectTimeoutMs;
          const expire = (): void => {
            if (!socket.connecting) return;
            request.destroy(timeoutError(`No connection within ${ms} ms`));
          };
          request.on('close', readAfter(ms, expire));
        });
        request.end(body);
        return () => void request.destroy();
      }),
    destroy: () => {
      // What is under way ends first; its connections then close.
      for (const made of Object.values(agents)) {
        Object.assign(made, { keepAlive: false });
        for (const socket of Object.values(made.freeSockets).flat()) socket?.destroy();
      }
      agents = {};
    },
  };
}

/** Names what was lost; its code says which way. */
function named(error: NodeJS.ErrnoException, isReused: boolean): Error {
  if (/^(ECONNRESET|EPIPE|ETIMEDOUT)$/.test(error.code ?? '')) {
    error.name = lostName;
    // Most likely, the server had closed the kept connection while it was idle.
    if (isReused) Object.assign(error, { reusedSocket: true });
  }
  return error;
}
