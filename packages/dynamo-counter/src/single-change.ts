import { writeConditionally, type CallOptions, type Item } from '@x/dynamo-core';

import { countIn, idsIn, latestIds } from './counter-row.js';
import type { Attempt, CounterTarget, Met } from './counter-target.js';
import { changeCount, startOver, turnSets, type CounterChange } from './requests.js';

/** One attempt at a change: one request, and one more to turn the sets when they are full. */
export async function sendChange(
  target: CounterTarget,
  change: CounterChange,
  { nowMs, expired }: Attempt,
  options: CallOptions,
): Promise<Met> {
  const { transport, key } = target;
  const isMine = (item: Item): boolean =>
    change.id !== undefined && idsIn(item).includes(change.id);
  const recognise = { isMine, mustExist: key, ...options };
  const outcome =
    expired === undefined
      ? await writeConditionally(
          transport,
          'UpdateItem',
          changeCount(target, change, nowMs),
          recognise,
        )
      : await writeConditionally(
          transport,
          'PutItem',
          startOver(target, change, nowMs, expired),
          recognise,
        );
  if (outcome.outcome === 'refused') return { refused: true, item: outcome.item };
  const row = outcome.outcome === 'applied' ? outcome.attributes : outcome.item;
  await turnFullSets(target, latestIds(row), options);
  // A row that was put starts at the amount; one that was found without a count was emptied since.
  const count =
    expired !== undefined && outcome.outcome === 'applied'
      ? change.amount
      : countIn(row, target.label);
  return { refused: false, count: count ?? 0n };
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
