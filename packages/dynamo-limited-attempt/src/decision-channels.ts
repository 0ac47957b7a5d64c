import type { ChannelMessages } from '@x/dynamo-core';
import { diagnosticsChannel, tell, type Beginning, type Channel } from '@x/dynamo-core/mechanism';

import type { KeyCall } from './attempt-row.js';
import type { EntryResult } from './options.js';

export const admitted: Channel<ChannelMessages['x-dynamo:limited-attempt:admitted']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:admitted');

export const refused: Channel<ChannelMessages['x-dynamo:limited-attempt:refused']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:refused');

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
