import { checkedOptions } from '@x/dynamo-core/mechanism';

import {
  bounded,
  byName,
  limitsOf,
  lostName,
  type HttpRequest,
  type HttpResponse,
  type HttpSender,
} from './http-sender.js';

/** What the sender over `fetch` takes: its connections are the platform's. */
export interface FetchHttpOptions {
  /**
   * Until the whole answer is there, from the start, in milliseconds.
   *
   * @default 10000
   */
  readonly requestTimeoutMs?: number | undefined;
}

/**
 * Sends with the platform's `fetch`. How many connections there are and how long one may take to open
 * is the platform's.
 *
 * @example
 * ```ts
 * import { LightClient, fetchHttp } from '@x/dynamo-light-client';
 *
 * const dynamo = new LightClient({ region: 'eu-central-1', http: fetchHttp() });
 * ```
 */
export function fetchHttp(options?: FetchHttpOptions): HttpSender {
  const { requestTimeoutMs } = limitsOf(checkedOptions(options, { requestTimeoutMs: true }));
  return {
    send: (request) =>
      bounded(requestTimeoutMs, request.signal, (resolve, reject) => {
        const limit = new AbortController();
        sendOnce(request, limit.signal).then(resolve, (error: Error) => {
          if (lostFetch.test(error.message)) error.name = lostName;
          reject(error);
        });
        return (reason) => limit.abort(reason);
      }),
  };
}

/** What `fetch` says on its platforms about a connection that was lost. */
const lostFetch =
  /^(fetch failed|terminated|Failed to fetch|NetworkError when|The Internet connection|Load failed|Network (request failed|connection lost)|internal error)/;

async function sendOnce(
  { url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  // `host`, which comes first, is set by `fetch` itself.
  const init = { method: 'POST', headers: byName(headers, 2), body, signal };
  const response = await fetch(url, { ...init, redirect: 'manual' });
  const text = await response.text();
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
  return { status: response.status, header, text };
}
