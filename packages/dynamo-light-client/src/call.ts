import type { DynamoInput, DynamoOperation, RequestOptions } from '@x/dynamo-core';
import { nodeModule } from '@x/dynamo-core/mechanism';

import type { LightMetadata } from './service-error.js';
import { toBody } from './wire.js';

const crypto = /* @__PURE__ */ nodeModule('node:crypto');

/** One call, over all of its attempts. */
export class Call<O extends DynamoOperation> {
  readonly id: string = crypto.randomUUID();
  readonly target: string;
  readonly signal: AbortSignal | undefined;
  readonly startedMs: number = performance.now();
  readonly #token: string | undefined;
  readonly #rebuild: RequestOptions<O>['rebuild'];
  body: string;
  attempts = 0;
  attemptMs = 0;
  delayedMs = 0;
  lastCost: number | undefined;

  constructor(operation: O, input: DynamoInput<O>, { signal, rebuild }: RequestOptions<O>) {
    this.target = `DynamoDB_20120810.${operation}`;
    this.signal = signal;
    this.#rebuild = rebuild;
    // It makes the repeats of a transaction one transaction, as the SDK does it.
    this.#token = operation === 'TransactWriteItems' ? crypto.randomUUID() : undefined;
    this.body = this.#bodyOf(input);
  }

  /** Builds the request anew: what was refused for its time holds times of the wrong clock, too. */
  rebuild(refusal: LightMetadata | undefined): void {
    if (this.#rebuild !== undefined) this.body = this.#bodyOf(this.#rebuild(refusal));
  }

  /** What the attempts add up to. */
  counts(): LightMetadata {
    return { attempts: this.attempts, totalRetryDelay: this.delayedMs };
  }

  /** What is published of a call that has ended. */
  end(outcome: string): { attempts: number; durationMs: number; outcome: string } {
    return { attempts: this.attempts, durationMs: performance.now() - this.startedMs, outcome };
  }

  #bodyOf(input: DynamoInput<O>): string {
    if (this.#token === undefined) return toBody(input);
    const { ClientRequestToken = this.#token } = input as { ClientRequestToken?: string };
    return toBody({ ...input, ClientRequestToken });
  }
}

/** What an error may carry. */
export interface Failure {
  readonly reusedSocket?: boolean;
  $metadata?: LightMetadata;
}

/** Takes out what could not be read of an answer, as parsers keep it: it may hold values. */
export function withoutBytes(error: unknown): unknown {
  // `fetch` names it as the cause.
  for (const part of [Object(error), Object((error as Unread | undefined)?.cause)] as Unread[]) {
    // Node's name for it, and undici's.
    delete part.rawPacket;
    if (part.name === 'HTTPParserError') delete part.data;
  }
  return error;
}

interface Unread {
  readonly name?: string;
  readonly cause?: unknown;
  rawPacket?: unknown;
  data?: unknown;
}

/** Adds to what an error carries. */
export function withMetadata(error: unknown, metadata: LightMetadata): unknown {
  if (Object.isExtensible(error)) {
    const failure = error as Failure;
    failure.$metadata = { ...failure.$metadata, ...metadata };
  }
  return error;
}
