import type { ChannelMessages } from '@x/dynamo-core';
import { diagnosticsChannel, type Channel } from '@x/dynamo-core/mechanism';

export const admitted: Channel<ChannelMessages['x-dynamo:limited-attempt:admitted']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:admitted');

export const refused: Channel<ChannelMessages['x-dynamo:limited-attempt:refused']> =
  /* @__PURE__ */ diagnosticsChannel('x-dynamo:limited-attempt:refused');
