import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions } from '@x/dynamo-core/mechanism';
import { Pool, type Dispatcher } from 'undici';

import {
  limitsOf,
  timeoutError,
  type ConnectionLimits,
  type HttpRequest,
  type HttpResponse,
  type HttpSender,
} from './http-sender.js';

/** What the sender over undici takes. */
export interface UndiciHttpOptions extends ConnectionLimits {
  /**
   * A dispatcher of your own, for a proxy or certificates. It has its own connections, so that
   * `maxSockets` and `connectTimeoutMs` are left out, and it is yours to close.
   */
  readonly dispatcher?: Dispatcher | undefined;
}

const names = {
  connectTimeoutMs: true,
  dispatcher: true,
  maxSockets: true,
  requestTimeoutMs: true,
} as const;

/**
 * Sends with a pool of undici. Needs the package `undici`, 6 or later.
 *
 * @example
 * ```ts
 * import { LightClient } from '@x/dynamo-light-client';
 * import { undiciHttp } from '@x/dynamo-light-client/undici';
 *
 * const dynamo = new LightClient({ region: 'eu-central-1', http: undiciHttp() });
 * ```
 */
export function undiciHttp(options?: UndiciHttpOptions): HttpSender {
  const { dispatcher, ...rest } = checkedOptions(options, names);
  if (dispatcher !== undefined) {
    for (const name of ['maxSockets', 'connectTimeoutMs'] as const) {
      if (rest[name] === undefined) continue;
      throw new InvalidInputError(name, rest[name], 'left out: the dispatcher has its own');
    }
  }
  const { maxSockets, connectTimeoutMs, requestTimeoutMs } = limitsOf(rest);
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const connect = { timeout: connectTimeoutMs };
    const made = new Pool(origin, { connections: maxSockets, connect });
    pools.set(origin, made);
    return made;
  };
  return {
    send: (request) =>
      sendOnce(request, dispatcher ?? poolOf(request.url.origin), requestTimeoutMs),
    destroy: () => {
      // What is under way ends first. A pool that is closed already is closed.
      for (const pool of pools.values()) pool.close().catch(() => undefined);
      pools.clear();
    },
  };
}

async function sendOnce(
  { url, headers, body, signal }: HttpRequest,
  dispatcher: Dispatcher,
  requestTimeoutMs: number,
): Promise<HttpResponse> {
  try {
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname,
      method: 'POST',
      headers: headers as string[],
      body,
      signal,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
    });
    const text = await response.body.text();
    const header = (name: string): string | undefined => {
      const found = response.headers[name];
      return Array.isArray(found) ? found.join(', ') : found;
    };
    return { status: response.statusCode, header, text };
  } catch (error) {
    if (timeouts.has((error as NodeJS.ErrnoException).code ?? '')) {
      throw timeoutError((error as Error).message);
    }
    throw error;
  }
}

const timeouts = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
