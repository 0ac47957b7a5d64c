import { backgroundSleep, type Clock } from '@x/dynamo-core';

/**
 * Calls with `signal`, and rejects at the very moment when it aborts: the SDK looks at a signal only
 * between its attempts, and may sleep for seconds before the next one. Nothing is sent after it.
 */
export async function callUntilAborted<T>(
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
export interface CallBounds {
  readonly clock: Clock;
  /** How long the call may take. */
  readonly ms: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined;
}

/** Calls with a signal that aborts after `ms` milliseconds or with `signal`. Leaves no timer. */
export async function callWithin<T>(
  { clock, ms, signal }: CallBounds,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const settled = new AbortController();
  const onAbort = (): void => limit.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = backgroundSleep(clock, ms, settled.signal).then((over) => {
    if (over) limit.abort(new DOMException(`No answer within ${ms} ms`, 'TimeoutError'));
  });
  try {
    return await callUntilAborted(limit.signal, call);
  } finally {
    settled.abort();
    signal?.removeEventListener('abort', onAbort);
    await timer;
  }
}
