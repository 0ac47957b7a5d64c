import { InvalidInputError } from '@x/dynamo-core';
import { idempotencyKey } from '@x/dynamo-do-once';

import { keyOfHeader } from './key-header.js';

/** What events of AWS hold of what is looked at here. */
interface AwsEvent {
  readonly messageId?: unknown;
  readonly eventSourceARN?: unknown;
  readonly attributes?: { readonly MessageGroupId?: unknown };
  readonly id?: unknown;
  readonly 'detail-type'?: unknown;
  readonly source?: unknown;
  readonly detail?: unknown;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly requestContext?: { readonly http?: { readonly method?: unknown } };
  readonly httpMethod?: unknown;
  readonly path?: unknown;
  readonly rawPath?: unknown;
  readonly rawQueryString?: unknown;
  readonly queryStringParameters?: unknown;
  readonly multiValueQueryStringParameters?: unknown;
}

/** What names an event; `undefined` where it has no name. */
export function keyOf(event: unknown): string | undefined {
  const { messageId, id, 'detail-type': type, headers, requestContext } = (event ?? {}) as AwsEvent;
  if (typeof messageId === 'string') return messageId;
  if (typeof id === 'string' && type !== undefined) return id;
  if (requestContext === undefined) return idempotencyKey(event);
  const found = Object.entries(headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'idempotency-key',
  );
  // A bad one is taken as it is: it names the request all the same.
  return found?.[1] && (keyOfHeader(found[1]) ?? found[1]);
}

/** What differs between deliveries of one message (its receipt, its attempts) is no payload. */
export function payloadOf(event: unknown): unknown {
  const {
    messageId,
    'detail-type': type,
    detail,
    body,
    requestContext,
  } = (event ?? {}) as AwsEvent;
  if (requestContext !== undefined) return [queryOf(event as AwsEvent), body ?? null];
  if (typeof messageId === 'string') return body ?? null;
  return type === undefined ? event : (detail ?? null);
}

function queryOf(event: AwsEvent): unknown {
  const { rawQueryString, multiValueQueryStringParameters: many, queryStringParameters } = event;
  return rawQueryString ?? many ?? queryStringParameters ?? null;
}

/** Where a request goes, by API Gateway (of both formats), a load balancer or a function URL. */
export function routeOf(event: unknown): unknown {
  const { requestContext, httpMethod, path, rawPath } = (event ?? {}) as AwsEvent;
  if (requestContext === undefined) return null;
  return [httpMethod ?? requestContext.http?.method ?? null, path ?? rawPath ?? null];
}

/** Where an event comes from. */
export function sourceOf(event: unknown): string | null {
  const { eventSourceARN, source } = (event ?? {}) as AwsEvent;
  return [eventSourceARN, source].find((one) => typeof one === 'string') ?? null;
}

/** Whether a record is of a queue that keeps the order of each message group. */
export function isOfFifoQueue(record: object): boolean {
  const { eventSourceARN } = record as AwsEvent;
  return typeof eventSourceARN === 'string' && eventSourceARN.endsWith('.fifo');
}

/** The message group of a record of such a queue. */
export function groupOf(record: object): unknown {
  return (record as AwsEvent).attributes?.MessageGroupId;
}

/** What Lambda calls a record of a batch. */
export function identifierOf(record: object): string {
  const { messageId, id } = record as AwsEvent;
  const identifier = messageId ?? id;
  if (typeof identifier === 'string') return identifier;
  throw new InvalidInputError('record', record, 'one with a messageId or an id');
}
