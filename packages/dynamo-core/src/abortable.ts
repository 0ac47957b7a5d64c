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
 * Calls with a signal that aborts after `ms` milliseconds, with a `TimeoutError`, or with `signal`.
 * Leaves no timer, and its timer does not keep the process alive.
 */
export async function deadline<T>(
  { clock, ms, signal }: DeadlineOptions,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const settled = new AbortController();
  const onAbort = (): void => limit.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = backgroundSleep(clock, ms, settled.signal).then((hasPassed) => {
    if (hasPassed) limit.abort(new DOMException(`No answer within ${ms} ms`, 'TimeoutError'));
  });
  try {
    return await abortable(limit.signal, call);
  } finally {
    settled.abort();
    signal?.removeEventListener('abort', onAbort);
    await timer;
  }
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
