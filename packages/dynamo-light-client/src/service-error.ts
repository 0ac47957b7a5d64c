import type { AnswerMetadata } from '@x/dynamo-core';

import type { HttpResponse } from './http-sender.js';
import { fromBody } from './wire.js';

/** What is known of a request beside its answer, on outputs and errors. */
export interface LightMetadata extends AnswerMetadata {
  readonly httpStatusCode?: number | undefined;
  readonly requestId?: string | undefined;
  /** How often the request was sent. */
  readonly attempts?: number | undefined;
  /** How long it waited between them, in milliseconds. */
  readonly totalRetryDelay?: number | undefined;
}

/**
 * What DynamoDB refused with: its name, its message, and what came with it (`Item`,
 * `CancellationReasons`), bytes as `Uint8Array`.
 *
 * `error instanceof ConditionalCheckFailedException` of the SDK holds, where both are there: its
 * classes look at `$fault`, `$metadata` and `shapeId`. Nothing here loads them.
 */
export class DynamoServiceError extends Error {
  static readonly shapeId: string =
    'smithy.ts.sdk.synthetic.com.amazonaws.dynamodb#DynamoDBServiceException';

  /** Left out where the answer is not DynamoDB's: then nobody knows what became of the request. */
  readonly $fault: 'client' | 'server' | undefined;
  readonly $metadata: LightMetadata;

  constructor(name: string, message: string, { $fault, $metadata }: FaultOptions) {
    super(message);
    this.name = name;
    this.$fault = $fault;
    this.$metadata = $metadata;
  }
}

/** Whose fault it was, and what else is known. */
export interface FaultOptions {
  readonly $fault: 'client' | 'server' | undefined;
  readonly $metadata: LightMetadata;
}

/** The error that an answer is. */
export function serviceError(
  { status, header, text }: HttpResponse,
  $metadata: LightMetadata,
): DynamoServiceError {
  let fields: Record<string, unknown> = {};
  try {
    fields = fromBody(text);
  } catch {
    // A proxy's page: the status says what it is.
  }
  const { __type, code, message, Message, Item, CancellationReasons, ThrottlingReasons } = fields;
  // `com.amazonaws.dynamodb.v20120810#Name`, `Name:http://…`.
  const full = textIn(__type, code, header('x-amzn-errortype')) ?? '';
  const name = full.replace(/[,:].*/s, '').replace(/^.*#/s, '');
  const isServers = status >= 500 || name === 'InternalServerError';
  const $fault = isServers ? 'server' : name ? 'client' : undefined;
  // A class of its own, as in the SDK: its classes look at the `shapeId`, loggers at the name.
  const Refusal = class extends DynamoServiceError {
    static override readonly name = name;
    static override readonly shapeId = `com.amazonaws.dynamodb#${name}`;
  };
  const said = textIn(message, Message) ?? 'UnknownError';
  return Object.assign(
    new Refusal(name || 'Unknown', said, { $fault, $metadata }),
    Item && { Item },
    CancellationReasons && { CancellationReasons },
    ThrottlingReasons && { ThrottlingReasons },
  );
}

function textIn(...fields: readonly unknown[]): string | undefined {
  return fields.find((field) => typeof field === 'string');
}
