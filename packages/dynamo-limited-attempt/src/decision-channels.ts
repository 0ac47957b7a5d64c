import type { ChannelMessages } from '@x/dynamo-core';
import { diagnosticsChannel, tell, type Beginning, type Channel } from '@x/dynamo-core/mechanism';

import type { LimitStatus } from './options.js';

export const admitted: Channel<ChannelMessages['x-dynamo:limited-attempt:admitted']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:admitted');

export const refused: Channel<ChannelMessages['x-dynamo:limited-attempt:refused']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:refused');

/** What the channels get of a decision. */
type Decided = Pick<LimitStatus, 'isAdmitted' | 'reason'> & { readonly counted?: false };

/** Tells how the attempt was decided. */
export function tellDecision(
  begun: Beginning | undefined,
  key: string,
  { isAdmitted, reason, counted }: Decided,
): void {
  if (isAdmitted) tell(admitted, begun, key, counted === false ? 'uncounted' : 'counted');
  else if (reason !== undefined) tell(refused, begun, key, reason);
}

/** Tells that what had happened already was counted, or could not be. */
export function tellRecord(begun: Beginning | undefined, key: string, { counted }: Decided): void {
  tell(admitted, begun, key, counted === false ? 'uncounted' : 'recorded');
}
