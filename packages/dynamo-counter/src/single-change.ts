import { writeConditionally, type CallOptions, type Item } from '@x/dynamo-core';

import { countIn, idsIn, latestIds } from './counter-row.js';
import type { Attempt, CounterTarget, Met } from './counter-target.js';
import { changeCount, startOver, turnSets, type CounterChange } from './requests.js';

/** One attempt at a change: one request, and one more to turn the sets when they are full. */
export async function sendChange(
  target: CounterTarget,
  change: CounterChange,
  { nowMs, startsOver }: Attempt,
  options: CallOptions,
): Promise<Met> {
  const { transport, key } = target;
  const isMine = (item: Item): boolean =>
    change.id !== undefined && idsIn(item).includes(change.id);
  const input = (startsOver ? startOver : changeCount)(target, change, nowMs);
  const outcome = await writeConditionally(transport, 'UpdateItem', input, {
    isMine,
    mustExist: key,
    ...options,
  });
  if (outcome.outcome === 'refused') return { refused: true, item: outcome.item };
  const row = outcome.outcome === 'applied' ? outcome.attributes : outcome.item;
  await turnFullSets(target, latestIds(row), options);
  // A row without a count was emptied since.
  return { refused: false, count: countIn(row, target.label) ?? 0n };
}

/**
 * Turns the sets of ids when the newer one has become full. It is seen in the answer, by exactly
 * one of any number of concurrent callers, so that nobody's change has to be refused for it.
 */
async function turnFullSets(
  target: CounterTarget,
  ids: number,
  { signal }: CallOptions,
): Promise<void> {
  if (ids === 0 || ids % target.setSize !== 0) return;
  try {
    await writeConditionally(target.transport, 'UpdateItem', turnSets(target, target.setSize), {
      signal,
    });
  } catch {
    // The change itself is made, and an error would say that it is not. The set grows on until the
    // caller who sees the next multiple turns it; monitoring has been told of the failure.
  }
}
