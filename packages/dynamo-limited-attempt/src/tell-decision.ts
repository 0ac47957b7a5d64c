// What the channels get of a decision: loaded before it where somebody listens.
import { tell, type Beginning } from '@x/dynamo-core/mechanism';

import type { KeyCall } from './attempt-row.js';
import { admitted, refused } from './decision-channels.js';
import type { EntryResult } from './options.js';

/** Tells how each key was decided. What a refusal of others leaves undecided was not counted. */
export function tellDecision(
  begun: Beginning,
  calls: readonly KeyCall[],
  results: readonly EntryResult[],
  isRecord: boolean,
): void {
  const isCounted = isRecord || results.every(({ isAdmitted }) => isAdmitted);
  for (const [at, { isAdmitted, reason, counted }] of results.entries()) {
    const key = calls[at]?.displayKey ?? '';
    const how = isRecord ? 'recorded' : 'counted';
    if (isCounted) tell(admitted, begun, key, counted === false ? 'uncounted' : how);
    else if (!isAdmitted && reason !== undefined) tell(refused, begun, key, reason);
  }
}
