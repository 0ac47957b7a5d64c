import { channel } from 'node:diagnostics_channel';

import type { DynamoInput, DynamoOperation } from '@x/dynamo-core';

/** The channel of `node:diagnostics_channel` that hears of each call, once, when it has ended. */
export const requestChannelName = 'x-dynamo:light-client:request';

/** What the channel is told of a call. No value of a request or an answer is in it. */
export interface RequestMessage {
  readonly operation: DynamoOperation;
  /** The table, or the first one of a batch or a transaction. */
  readonly table: string | undefined;
  readonly attempts: number;
  readonly durationMs: number;
  /** `'ok'`, or the name of the error. */
  readonly outcome: string;
}

const requests = channel(requestChannelName);

/** Tells the channel, if anybody listens. */
export function publishRequest<O extends DynamoOperation>(
  operation: O,
  input: DynamoInput<O>,
  end: Pick<RequestMessage, 'attempts' | 'durationMs' | 'outcome'>,
): void {
  if (!requests.hasSubscribers) return;
  const message: RequestMessage = { operation, table: tableOf(input), ...end };
  requests.publish(message);
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
