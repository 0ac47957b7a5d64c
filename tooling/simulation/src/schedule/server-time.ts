import type { AnswerMetadata } from '@x/dynamo-core';

/** How DynamoDB tells one client the time, and takes the client's. */
export interface ServerTimeOptions {
  /**
   * Whether requests are signed, as at AWS: one whose client's clock is more than five minutes off is
   * refused. The SDK then corrects its signature (as a client that is made once does) and sends the
   * same body again, unless it is built anew.
   *
   * @default false
   */
  readonly signed?: boolean | undefined;
  /**
   * Whether the header `Date` has been cached for up to a second before it is cut to whole ones.
   *
   * @default false
   */
  readonly dateCached?: boolean | undefined;
}

const signatureMsMax = 300_000;

/** The header `Date` of an answer at this true time, in milliseconds. */
export function serverTimeMs(nowMs: number, { dateCached = false }: ServerTimeOptions): number {
  // The cache was filled just before a second began: that is as old as it gets.
  const filledMs = dateCached ? Math.floor((nowMs + 1) / 1000) * 1000 - 1 : nowMs;
  return Math.floor(filledMs / 1000) * 1000;
}

/** Whether a signature of this time is refused at that one. */
export function isRefusedForTime(signedMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - signedMs) > signatureMsMax;
}

/** What DynamoDB says to a signature that it refuses for its time. */
export function signatureExpired(): Error {
  return Object.assign(new Error('Signature not yet current, or expired'), {
    name: 'InvalidSignatureException',
    $fault: 'client',
  });
}

/** An answer with more in its `$metadata`, which is not enumerable: a test compares the rest. */
export function withMetadata<T extends object>(answer: T, metadata: AnswerMetadata): T {
  const before = (answer as { readonly $metadata?: AnswerMetadata }).$metadata;
  const copy = answer instanceof Error ? answer : { ...answer };
  const value = { ...before, ...metadata };
  return Object.defineProperty(copy, '$metadata', { value, configurable: true, writable: true });
}
