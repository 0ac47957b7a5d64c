import type { DynamoInput, DynamoOperation, RequestMessage } from '@x/dynamo-core';
import { diagnosticsChannel, publishQuietly } from '@x/dynamo-core/mechanism';

/** The channel of `node:diagnostics_channel` that hears of each call, once, when it has ended. */
export const requestChannelName = 'x-dynamo:light-client:request';

const requests = /* @__PURE__ */ diagnosticsChannel(requestChannelName);

/** Tells the channel, if anybody listens. */
export function publishRequest<O extends DynamoOperation>(
  operation: O,
  input: DynamoInput<O>,
  end: Pick<RequestMessage, 'attempts' | 'durationMs' | 'outcome'>,
): void {
  if (!requests.hasSubscribers) return;
  publishQuietly(requests, { operation, table: tableOf(input), ...end });
}

interface Tables {
  readonly TableName?: string;
  readonly RequestItems?: object;
  readonly TransactItems?: readonly Readonly<Record<string, { readonly TableName?: string }>>[];
}

function tableOf(input: object): string | undefined {
  const { TableName, RequestItems = {}, TransactItems: [first = {}] = [] } = input as Tables;
  return TableName ?? Object.keys(RequestItems)[0] ?? Object.values(first)[0]?.TableName;
}
