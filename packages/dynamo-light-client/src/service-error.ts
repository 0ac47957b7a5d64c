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

const unknownName = 'Unknown';
const classesMax = 200;
const carried = ['Item', 'CancellationReasons', 'ThrottlingReasons'] as const;

/** Makes errors of answers. Each name of an error has a class of its own, as in the SDK. */
export class ServiceErrors {
  readonly #classes = new Map<string, typeof DynamoServiceError>();

  /** The error that an answer is. */
  of(response: HttpResponse, $metadata: LightMetadata): DynamoServiceError {
    const fields = fieldsOf(response.text);
    const code =
      textOf(fields['__type']) ?? textOf(fields['code']) ?? response.header('x-amzn-errortype');
    const name = nameOf(code ?? '');
    const isServers = response.status >= 500 || name === 'InternalServerError';
    const $fault = isServers ? 'server' : name === unknownName ? undefined : 'client';
    const message = textOf(fields['message']) ?? textOf(fields['Message']) ?? 'UnknownError';
    const error = new (this.#classOf(name))(name, message, { $fault, $metadata });
    for (const field of carried) {
      if (fields[field] !== undefined) Object.assign(error, { [field]: fields[field] });
    }
    return error;
  }

  #classOf(name: string): typeof DynamoServiceError {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    // A server that makes up names does not fill the memory.
    if (this.#classes.size >= classesMax) return DynamoServiceError;
    const made = class extends DynamoServiceError {
      static override readonly shapeId = `com.amazonaws.dynamodb#${name}`;
    };
    Object.defineProperty(made, 'name', { value: name });
    this.#classes.set(name, made);
    return made;
  }
}

/** `com.amazonaws.dynamodb.v20120810#Name`, `Name:http://…`. */
function nameOf(code: string): string {
  return code.replace(/[,:].*/s, '').replace(/^.*#/s, '') || unknownName;
}

function textOf(field: unknown): string | undefined {
  return typeof field === 'string' ? field : undefined;
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return fromBody(text);
  } catch {
    // A proxy's page: the status says what it is.
    return {};
  }
}
