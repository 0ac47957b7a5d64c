import { cancellationReasons, transactWrite, type CallOptions } from '@x/dynamo-core';

import { countIn } from './counter-row.js';
import type { Attempt, CounterTarget, Met } from './counter-target.js';
import {
  changeCount,
  countOnce,
  getCounter,
  startOver,
  type CounterChange,
  type Marker,
} from './requests.js';

/**
 * One attempt at a change that a marker row remembers: one transaction, and a consistent read,
 * because a transaction does not answer with the count.
 */
export async function sendMarkedChange(
  target: CounterTarget,
  change: CounterChange,
  marker: Marker,
  { nowMs, startsOver }: Attempt,
  { signal }: CallOptions,
): Promise<Met> {
  const input = (startsOver ? startOver : changeCount)(target, change, nowMs);
  try {
    await transactWrite(countOnce(input, marker, nowMs), { ...target, signal });
  } catch (error) {
    const [ofCounter, ofMarker] = cancellationReasons(error) ?? [];
    // The marker comes first: a token that was counted is not refused for anything else.
    if (ofMarker?.code !== conditionFailed) {
      if (ofCounter?.code !== conditionFailed) throw error;
      return { refused: true, item: ofCounter.item };
    }
  }
  const { Item } = await target.transport.call('GetItem', getCounter(target, true), { signal });
  return { refused: false, count: countIn(Item, target.label) ?? 0n };
}

const conditionFailed = 'ConditionalCheckFailed';
