import type { ChannelMessages } from '@x/dynamo-core';
import { beginning, diagnosticsChannel, tell } from '@x/dynamo-core/mechanism';

import type { Call } from './call.js';

const claims = /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:claim');
const takeovers = /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:takeover');
const repeats = /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:repeat');

/** What the channels are told of one call. */
export interface RunReport {
  claimed(outcome: ChannelMessages['x-dynamo:do-once:claim']['outcome']): void;
  tookOver(): void;
  repeated(outcome: ChannelMessages['x-dynamo:do-once:repeat']['outcome']): void;
}

/** Begins a call; `undefined` while nobody listens. */
export function beginRun({ row, rows: { clock } }: Call): RunReport | undefined {
  if (![claims, takeovers, repeats].some(({ hasSubscribers }) => hasSubscribers)) return undefined;
  const begun = beginning(clock);
  return {
    claimed: (outcome) => tell(claims, begun, row.label, outcome),
    tookOver: () => tell(takeovers, begun, row.label, 'taken'),
    repeated: (outcome) => tell(repeats, begun, row.label, outcome),
  };
}
