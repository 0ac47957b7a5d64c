import { backgroundSleep } from './background-sleep.js';
import type { Clock } from './clock.js';

/**
 * Calls with `signal`, and rejects with its reason at the very moment when it aborts: the SDK looks
 * at a signal only between its attempts, and may sleep for seconds before the next one. Nothing is
 * sent after it.
 */
export async function abortable<T>(
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, call(signal)]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** What bounds a call. */
export interface DeadlineOptions {
  readonly clock: Clock;
  /** How long the call may take, in milliseconds. */
  readonly ms: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls with a signal that aborts after `ms` milliseconds, with a `TimeoutError`, or with `signal`,
 * and rejects at that moment. Leaves no timer, and its timer does not keep the process alive.
 */
export function deadline<T>(
  { clock, ms, signal }: DeadlineOptions,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // By hand, as every request passes here: a third of what `abortable` and a race would take.
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const limit = new AbortController();
    const settled = new AbortController();
    const settle = (): void => {
      // A reason of its own saves the making of an error.
      settled.abort(null);
      signal?.removeEventListener('abort', onAbort);
    };
    const end = (reason: Error): void => {
      settle();
      reject(reason);
      limit.abort(reason);
    };
    const onAbort = (): void => end(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    backgroundSleep(clock, ms, settled.signal).then((hasPassed) => {
      if (hasPassed) end(new DOMException(`No answer within ${ms} ms`, 'TimeoutError'));
    }, end);
    const answer = async (): Promise<T> => call(limit.signal);
    answer().then(
      (value) => (settle(), resolve(value)),
      (error: Error) => (settle(), reject(error)),
    );
  });
}

/**
 * What `call` resolves to, or `undefined` when it has not settled within `ms` milliseconds: it then
 * goes on, and has to have a bound of its own. Rejects with the reason of `signal` when that aborts.
 */
export async function settledWithin<T>(
  { clock, ms, signal }: DeadlineOptions,
  call: Promise<T>,
): Promise<T | undefined> {
  const settled = new AbortController();
  const timer = backgroundSleep(clock, ms, settled.signal).then(() => undefined);
  const first = Promise.race([call, timer]);
  try {
    return await (signal === undefined ? first : abortable(signal, () => first));
  } finally {
    settled.abort();
    await timer;
  }
}
