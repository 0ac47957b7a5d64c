// Taken at load time, so that a test which replaces the timers does not stop the harness.
const immediate = setImmediate;

/**
 * Resolves when the code under test has run as far as it can. Node empties the queue of promise
 * reactions, however long their chain, before it runs an immediate, so one is enough.
 */
export function drain(): Promise<void> {
  return new Promise((resolve) => {
    immediate(resolve);
  });
}
