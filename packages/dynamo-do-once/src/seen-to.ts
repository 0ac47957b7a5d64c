import { abortable, settledWithin } from '@x/dynamo-core/mechanism';

import { warn, type Call } from './call.js';

/**
 * Does what has to come to its end, under bounds of its own, also when nobody waits for it any more:
 * after an abort the caller waits `msMax` milliseconds for it, and then gets the reason. The work goes
 * on in the background, and the logger gets its failure.
 */
export async function seenTo<T>(
  call: Call,
  what: 'claim' | 'mark',
  msMax: number,
  work: () => Promise<T>,
): Promise<T> {
  const { signal, rows, row } = call;
  if (signal === undefined) return work();
  let hasLeft = false;
  const working = work().catch((error: unknown) => {
    if (hasLeft && error !== signal.reason) {
      warn(call, `Cannot ${what} "${row.label}", after its signal has aborted`, error);
    }
    throw error;
  });
  const ended = Promise.allSettled([working]);
  const outcome = await abortable(signal, () => ended).catch(() =>
    settledWithin({ clock: rows.clock, ms: msMax }, ended),
  );
  if (outcome === undefined) {
    hasLeft = true;
    throw signal.reason;
  }
  const [settled] = outcome;
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
