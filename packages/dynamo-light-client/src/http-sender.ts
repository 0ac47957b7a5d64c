import { afterReads, checkInteger, whenAborted } from '@x/dynamo-core/mechanism';

/** One request, once. */
export interface HttpRequest {
  readonly url: URL;
  /** Names and values in turn; `host` comes first. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly signal?: AbortSignal | undefined;
}

/** The whole answer. */
export interface HttpResponse {
  readonly status: number;
  /** A header by its name in small letters. */
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

/**
 * Sends one request once. Follows no redirect. Rejects with what the platform says, with a
 * `TimeoutError`, or with the reason of the request's signal.
 */
export interface HttpSender {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes the connections that are not in use. */
  destroy?(): void;
}

/** The times that a sender keeps. */
export interface TimeLimits {
  /**
   * Until there is a connection, in milliseconds.
   *
   * @default 1000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Until the whole answer is there, from the start, in milliseconds.
   *
   * @default 10000
   */
  readonly requestTimeoutMs?: number | undefined;
}

/** What a sender with connections of its own takes. */
export interface ConnectionLimits extends TimeLimits {
  /**
   * At most so many connections; more requests than that wait for one.
   *
   * @default 50
   */
  readonly maxSockets?: number | undefined;
}

/** The limits, each with its default. */
export interface Limits {
  readonly maxSockets: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** The longest time that `setTimeout` keeps: above it, it fires at once. */
const limitMax = 2_147_483_647;

/** Fills in the defaults. Throws an `InvalidInputError` for what is no limit. */
export function limitsOf(given: ConnectionLimits): Limits {
  const { maxSockets = 50, connectTimeoutMs = 1_000, requestTimeoutMs = 10_000 } = given;
  const limits = { maxSockets, connectTimeoutMs, requestTimeoutMs };
  for (const [name, value] of Object.entries(limits)) checkInteger(name, value, 1, limitMax);
  return limits;
}

/** The headers of a request by their names, those from an index on. */
export function byName(headers: readonly string[], from: number): Record<string, string> {
  const named: Record<string, string> = {};
  for (let i = from; i < headers.length; i += 2) named[headers[i] ?? ''] = headers[i + 1] ?? '';
  return named;
}

/** Looks up headers that are kept by their names; one that came several times is an array. */
export function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): HttpResponse['header'] {
  return (name) => headers[name]?.toString();
}

/** The name that the SDK gives to lost connections, by which they are repeated. */
export const lostName = 'TimeoutError';

/** The error of a limit of time, with the name of the SDK's. */
export function timeoutError(message: string): Error {
  return new DOMException(message, lostName);
}

/**
 * Calls back later, when what has arrived by then is read: after a blocked or frozen process, an
 * answer waits in its socket while the timers are due. Returns what cancels it.
 */
export function readAfter(ms: number, then: () => void): () => void {
  const timer = setTimeout(afterReads, ms, then);
  return () => clearTimeout(timer);
}

/** Begins a request, and returns what gives it up. */
type Begin = (
  resolve: (response: HttpResponse) => void,
  reject: (error: unknown) => void,
) => (reason: Error) => void;

/**
 * One request, within its time and until its signal aborts: rejects at that moment, and gives it up.
 * No signal is made for it: its listeners would take longer than all else that is ours in a request.
 */
export async function bounded(
  ms: number,
  signal: AbortSignal | undefined,
  begin: Begin,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  let ends: readonly (() => void)[] = [];
  try {
    return await new Promise((resolve, reject) => {
      let giveUp: ((reason: Error) => void) | undefined = undefined;
      const end = (reason: Error): void => {
        reject(reason);
        giveUp?.(reason);
      };
      ends = [
        readAfter(ms, () => end(timeoutError(`No answer within ${ms} ms`))),
        whenAborted(signal, () => end(signal?.reason as Error)),
      ];
      giveUp = begin(resolve, reject);
    });
  } finally {
    for (const stop of ends) stop();
  }
}
