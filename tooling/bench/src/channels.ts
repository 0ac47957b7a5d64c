// What the diagnostics channels cost, with and without a subscriber: npm run bench:channels
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { systemClock } from '@x/dynamo-core';
import { beginning, diagnosticsChannel, tell } from '@x/dynamo-core/mechanism';

const name = 'x-dynamo:lock:acquire';
const callsPerRound = 2_000_000;
const acquires = diagnosticsChannel(name);

/** What every call of a primitive does for its channel. */
function begunAndTold(): void {
  const begun = acquires.hasSubscribers ? beginning(systemClock) : undefined;
  if (begun !== undefined) tell(acquires, begun, 'key', 'acquired');
}

/** Nanoseconds for each call, in the fastest of five rounds. */
function fastestNs(call: () => void): number {
  let fastest = Infinity;
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now();
    for (let n = 0; n < callsPerRound; n++) call();
    fastest = Math.min(fastest, performance.now() - startMs);
  }
  return (fastest * 1e6) / callsPerRound;
}

const listen = (): void => {};
const emptyNs = fastestNs(listen);
const aloneNs = fastestNs(begunAndTold);
subscribe(name, listen);
const heardNs = fastestNs(begunAndTold);
unsubscribe(name, listen);
console.table({
  'an empty function': { 'ns per call': emptyNs.toFixed(1) },
  'nobody listens': { 'ns per call': aloneNs.toFixed(1) },
  'one subscriber': { 'ns per call': heardNs.toFixed(1) },
});
