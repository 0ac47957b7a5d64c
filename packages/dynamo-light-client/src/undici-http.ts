import type { IncomingHttpHeaders } from 'node:http';

import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions } from '@x/dynamo-core/mechanism';
import { Pool, type Dispatcher } from 'undici';

import {
  bounded,
  headerOf,
  limitsOf,
  lostName,
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
 * Sends with a pool of undici. Needs the package `undici`, 7 or later.
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

function sendOnce(
  { url, headers, body, signal }: HttpRequest,
  dispatcher: Dispatcher,
  requestTimeoutMs: number,
): Promise<HttpResponse> {
  const { origin, pathname: path } = url;
  const asked: Dispatcher.DispatchOptions = {
    origin,
    path,
    method: 'POST',
    headers: headers as string[],
    body,
    // One limit for all of it, which is ours.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  return bounded(requestTimeoutMs, signal, (resolve, reject) => {
    const exchange = new Exchange(resolve, reject);
    dispatcher.dispatch(asked, exchange);
    return (reason) => exchange.giveUp(reason);
  });
}

/** A request and its answer, as undici tells of them. Less work for it than a stream. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #parts: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #givenUp: Error | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(resolve: (response: HttpResponse) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  giveUp(reason: Error): void {
    this.#givenUp = reason;
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // One that still waited for a connection is not sent when it gets one.
    if (this.#givenUp !== undefined) controller.abort(this.#givenUp);
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: unknown, part: Buffer): void {
    this.#parts.push(part);
  }

  onResponseEnd(): void {
    const header = headerOf(this.#headers);
    const [first, ...more] = this.#parts;
    const text = (more.length === 0 ? first : Buffer.concat(this.#parts))?.toString() ?? '';
    this.#resolve({ status: this.#status, header, text });
  }

  onResponseError(_: unknown, error: Error): void {
    const { code, socket } = error as SocketError;
    if (code === 'UND_ERR_CONNECT_TIMEOUT') return this.#reject(timeoutError(error.message));
    // Closed before any of this answer, on a connection that had brought earlier ones.
    if (code === 'UND_ERR_SOCKET') {
      error.name = lostName;
      if (this.#status === 0 && socket?.bytesRead) Object.assign(error, { reusedSocket: true });
    }
    this.#reject(error);
  }
}

interface SocketError extends Error {
  readonly code?: string;
  readonly socket?: { readonly bytesRead?: number };
}
