import { ConflictError, type CallOptions } from '@x/dynamo-core';
import { writeConditionally, type ConditionalOutcome } from '@x/dynamo-core/mechanism';

import { liveCount } from './live-count.js';
import { deleteCounter, removeCounter } from './requests.js';
import type { CounterTarget } from './send-change.js';

const attemptsMax = 12;

/**
 * Takes a counter away: with its row where nothing else is there, else out of the row. Others may
 * write or delete the value of the row in between; further attempts are for that.
 */
export async function deleteCount(target: CounterTarget, { signal }: CallOptions): Promise<void> {
  const { transport, clock, key, label, dataName } = target;
  const options = { mustExist: key, signal };
  let isShared = false;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const answer: ConditionalOutcome = isShared
      ? await writeConditionally(transport, 'UpdateItem', removeCounter(target), options)
      : await writeConditionally(transport, 'DeleteItem', deleteCounter(target), options);
    if (answer.outcome === 'applied' || liveCount(answer.item, target, clock.now()) === undefined)
      return;
    isShared = answer.item?.[dataName] !== undefined;
  }
  throw new ConflictError(label, attemptsMax);
}
