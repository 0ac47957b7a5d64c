import { InvalidInputError } from '@x/dynamo-core';
import { idempotencyKey } from '@x/dynamo-do-once';

import { bodyDigests } from './body-digests.js';
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
  readonly isBase64Encoded?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
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
  const { messageId, id, 'detail-type': type, requestContext } = Object(event) as AwsEvent;
  if (typeof messageId === 'string') return messageId;
  if (typeof id === 'string' && type !== undefined) return id;
  if (requestContext === undefined) return idempotencyKey(event);
  const found = headerOf(event as AwsEvent, 'idempotency-key');
  // A bad one is taken as it is: it names the request all the same.
  return found && (keyOfHeader(found) ?? found);
}

/** A load balancer may send lists alone. */
function headerOf({ headers, multiValueHeaders }: AwsEvent, name: string): string | undefined {
  const found = Object.entries({ ...headers, ...multiValueHeaders });
  return found.find(([one]) => one.toLowerCase() === name)?.[1]?.toString();
}

/** What differs between deliveries of one message (its receipt, its attempts) is no payload. */
export function payloadOf(event: unknown): unknown {
  const {
    messageId,
    'detail-type': type,
    detail,
    body,
    requestContext,
  } = Object(event) as AwsEvent;
  if (requestContext !== undefined) return [queryOf(event as AwsEvent), bodyOf(event as AwsEvent)];
  if (typeof messageId === 'string') return body ?? null;
  return type === undefined ? event : (detail ?? null);
}

function bodyOf(event: AwsEvent): unknown {
  const { body = null, isBase64Encoded } = event;
  if (typeof body !== 'string') return body;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return bodyDigests(bytes, headerOf(event, 'content-type'));
}

function queryOf(event: AwsEvent): unknown {
  const { rawQueryString, multiValueQueryStringParameters: many, queryStringParameters } = event;
  return rawQueryString ?? many ?? queryStringParameters ?? null;
}

/** What a request does, by API Gateway (of both formats), a load balancer or a function URL. */
export function methodOf(event: unknown): unknown {
  const { requestContext, httpMethod } = Object(event) as AwsEvent;
  return httpMethod ?? requestContext?.http?.method;
}

/** Where a request goes. */
export function routeOf(event: unknown): unknown {
  const { requestContext, path, rawPath } = Object(event) as AwsEvent;
  return requestContext === undefined ? null : [methodOf(event) ?? null, path ?? rawPath ?? null];
}

/** Where an event comes from. */
export function sourceOf(event: unknown): string | null {
  const { eventSourceARN, source } = Object(event) as AwsEvent;
  return [eventSourceARN, source].find((one) => typeof one === 'string') ?? null;
}

/** Whether a record is of a queue that keeps the order of each message group. */
export function isOfFifoQueue(record: unknown): boolean {
  const { eventSourceARN } = Object(record) as AwsEvent;
  return typeof eventSourceARN === 'string' && eventSourceARN.endsWith('.fifo');
}

/** The message group of a record of such a queue. */
export function groupOf(record: unknown): unknown {
  return (Object(record) as AwsEvent).attributes?.MessageGroupId;
}

/** What Lambda calls a record of a batch. */
export function identifierOf(record: unknown): string {
  const { messageId, id } = Object(record) as AwsEvent;
  const identifier = messageId ?? id;
  if (typeof identifier === 'string') return identifier;
  throw new InvalidInputError('record', record, 'one with a messageId or an id');
}
