// Taken at load time, so that a test which replaces the timers does not stop the harness.
const nextTick: typeof process.nextTick = process.nextTick.bind(process);
const immediate = setImmediate;

/**
 * Resolves when the code under test has run as far as it can. Node runs a tick that a promise
 * reaction asked for only when the queue of reactions is empty, however long their chain was; the
 * second tick is for code that itself put one in between.
 */
export function drain(): Promise<void> {
  return new Promise((resolve) => {
    nextTick(nextTick, resolve);
  });
}

/** Lets the timers and sockets of the process have a turn, which `drain` alone never does. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    immediate(resolve);
  });
}
