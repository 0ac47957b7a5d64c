import { systemClock } from './clock.js';
import type { DynamoTransport } from './transport.js';

/** How long after its last request a transport's sockets are looked at, in milliseconds. */
const idleMs = 200;

// Captured when the module loads: fake timers never fire it. Those that were installed before show
// by their `clock`. Absent in a browser.
const atNextTurn = /* @__PURE__ */ realSetImmediate();

/**
 * A transport that lets the event loop turn twice before its first request after some idleness.
 * Node then reads which sockets the server has closed meanwhile (a process that was frozen or blocked
 * does not know), and no request is sent on them. Costs a busy process nothing.
 */
export function afterIdleness(transport: DynamoTransport): DynamoTransport {
  if (transport.usesSockets !== true || atNextTurn === undefined) return transport;
  let lastMs = systemClock.monotonic();
  let turning: Promise<void> | undefined;
  return {
    usesSockets: true,
    call(operation, input, options) {
      const nowMs = systemClock.monotonic();
      if (nowMs - lastMs > idleMs) {
        turning ??= new Promise<void>(afterReads).finally(() => (turning = undefined));
      }
      lastMs = nowMs;
      const send = () => transport.call(operation, input, options);
      return turning === undefined ? send() : turning.then(send);
    },
  };
}

/**
 * Calls back when what has already arrived is read: two turns of the event loop later.
 *
 * @example
 * ```ts
 * import { afterReads } from '@x/dynamo-core/mechanism';
 *
 * afterReads(() => console.log('what the sockets held is read'));
 * ```
 */
export function afterReads(then: () => void): void {
  const turn: (next: () => void) => unknown = atNextTurn ?? setTimeout;
  turn(() => turn(then));
}

function realSetImmediate(): ((turn: () => void) => unknown) | undefined {
  const { setImmediate: given } = globalThis as Partial<typeof globalThis>;
  return given === undefined || 'clock' in given ? undefined : given;
}
