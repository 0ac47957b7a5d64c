/** Calls back with what a promise comes to, once, also where the callback itself throws. */
export function answer<T>(
  work: Promise<T>,
  callback: ((error: unknown, value?: T) => void) | undefined,
): void {
  // Outside of the promise, so that what the callback throws is the caller's own uncaught exception
  // and not a second answer. An error without a callback is in the log of `monitoring`.
  const later = (error: unknown, value?: T): void =>
    process.nextTick(() => callback?.(error, value));
  work.then(
    (value) => later(null, value),
    (error: unknown) => later(error),
  );
}
