import { checkInteger } from '@x/dynamo-core/mechanism';

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

/** Looks up headers that are kept by their names; one that came several times is an array. */
export function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): HttpResponse['header'] {
  return (name) => headers[name]?.toString();
}

/** The error of a limit of time, with the name and code of the SDK's. */
export function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

/**
 * One request, within its time and until its signal aborts: it rejects at that moment, and gives up
 * what `start` began by calling what that returned. Leaves neither a timer nor a listener.
 */
export function bounded(
  requestTimeoutMs: number,
  signal: AbortSignal | undefined,
  start: (
    resolve: (response: HttpResponse) => void,
    reject: (error: unknown) => void,
  ) => (reason: unknown) => void,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let isDone = false;
    let timer: ReturnType<typeof setTimeout> | undefined = undefined;
    const finish = (settle: () => void): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    // The reason of a signal is the caller's, an error or not.
    const giveUp = (reason: unknown): void => {
      finish(() => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        reject(reason);
        end(reason);
      });
    };
    const expire = (): void => giveUp(timeoutError(`No answer within ${requestTimeoutMs} ms`));
    const onAbort = (): void => giveUp(signal?.reason);
    const end = start(
      (response) => finish(() => resolve(response)),
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      (error) => finish(() => reject(error)),
    );
    if (isDone) return;
    timer = setTimeout(afterReads, requestTimeoutMs, expire);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

// Captured when the module loads: under fake timers it would never fire. Not every runtime has it.
const turn: (then: () => void) => unknown =
  (globalThis as { readonly setImmediate?: typeof setImmediate }).setImmediate ??
  ((then) => setTimeout(then, 0));

/**
 * Calls `then` when what has already arrived is read: after a blocked or frozen process, an answer
 * waits in its socket while the timers are due.
 */
export function afterReads(then: () => void): void {
  turn(() => turn(then));
}
