import { randomBytes } from 'node:crypto';

import type { AnswerMetadata, DynamoOperation, DynamoTransport } from '@x/dynamo-core';

import { isServiceError, type ServiceError } from './service-errors.js';
import { formatWire, parseWire } from './wire-json.js';

/** An answer in DynamoDB's protocol. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Carries out a request of DynamoDB's protocol. What DynamoDB refuses is an answer, too; anything
 * else that goes wrong is thrown.
 */
export async function answerWire(
  transport: DynamoTransport,
  operation: string,
  text: string,
  signal?: AbortSignal,
): Promise<WireAnswer> {
  try {
    const input = parseWire(text);
    // The transport itself refuses what it does not know.
    const output: object = await transport.call(
      operation as DynamoOperation,
      input as never,
      signal ? { signal } : {},
    );
    const { $metadata, ...body } = output as { $metadata?: AnswerMetadata };
    return wireAnswer(200, body, $metadata);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return wireAnswer(
      error.$metadata.httpStatusCode,
      errorBody(error),
      error.$metadata as AnswerMetadata,
    );
  }
}

/** Where DynamoDB's framework has its own errors; the others are DynamoDB's. */
const namespaces: ReadonlyMap<string, string> = new Map([
  ['ValidationException', 'com.amazon.coral.validate'],
  ['SerializationException', 'com.amazon.coral.service'],
  ['AccessDeniedException', 'com.amazon.coral.service'],
]);

function errorBody({ name, message, Item, CancellationReasons }: ServiceError): object {
  const type = `${namespaces.get(name) ?? 'com.amazonaws.dynamodb.v20120810'}#${name}`;
  // The framework's parser writes its member with a capital, and says nothing about broken JSON.
  if (name === 'SerializationException') {
    return { __type: type, Message: message === '' ? undefined : message };
  }
  return { __type: type, message, Item, CancellationReasons };
}

/** An answer with the headers that DynamoDB sends. */
export function wireAnswer(
  status: number,
  output: object,
  { serverTimeMs = Date.now() }: AnswerMetadata = {},
): WireAnswer {
  const body = formatWire(output);
  return {
    status,
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': String(Buffer.byteLength(body)),
      'x-amzn-requestid': requestId(),
      date: new Date(serverTimeMs).toUTCString(),
    },
  };
}

const idLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** It looks like DynamoDB's: 52 capital letters and digits. */
function requestId(): string {
  return Array.from(randomBytes(52), (byte) => idLetters[byte % idLetters.length]).join('');
}
