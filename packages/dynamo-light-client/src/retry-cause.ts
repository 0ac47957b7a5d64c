/** What a repeat is for: the two wait differently, and cost differently. */
export type RetryCause = 'throttling' | 'transient';

/**
 * The SDK's lists (`@smithy/core/retry`), which a test compares, and what it lacks at the end. As texts:
 * a process that sees no error makes no sets of them.
 */
export const retryLists: Readonly<Record<RetryCause | 'clock', string>> = {
  throttling:
    ' BandwidthLimitExceeded EC2ThrottledException LimitExceededException ' +
    'PriorRequestNotComplete ProvisionedThroughputExceededException RequestLimitExceeded ' +
    'RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling ' +
    'ThrottlingException TooManyRequestsException TransactionInProgressException ',
  // DynamoDB's model says that a conflict may be repeated; the rest is undici's, also under `fetch`.
  transient:
    ' TimeoutError RequestTimeout RequestTimeoutException 500 502 503 504 ECONNRESET ' +
    'ECONNREFUSED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ' +
    'ReplicatedWriteConflictException UND_ERR_SOCKET UND_ERR_CONNECT_TIMEOUT ' +
    'UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ',
  clock:
    ' AccessDeniedException AuthFailure InvalidSignatureException RequestExpired ' +
    'RequestInTheFuture RequestTimeTooSkewed SignatureDoesNotMatch ',
};

function isIn(list: RetryCause | 'clock', part: unknown): boolean {
  return typeof part === 'string' && retryLists[list].includes(` ${part} `);
}

/** What `fetch` says on its platforms about a connection that was lost. */
const lostFetch =
  /^(fetch failed|Failed to fetch|NetworkError when|The Internet connection|Load failed|Network request failed|Network connection lost|internal error)/;

const depthMax = 10;

/** Why a request may be repeated, or `undefined` where it may not. */
export function retryCause(error: unknown, depth = 0): RetryCause | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name, code, message = '', cause, $metadata } = error as Failure;
  const status = $metadata?.httpStatusCode;
  if (status === 429 || isIn('throttling', name)) return 'throttling';
  if (name === 'AbortError') return undefined;
  if ([name, code, String(status)].some((part) => isIn('transient', part))) {
    return 'transient';
  }
  if (name === 'InvalidSignatureException' && message.includes('Signature expired')) {
    return 'transient';
  }
  if (lostFetch.test(message) && status === undefined) return 'transient';
  return depth < depthMax ? retryCause(cause, depth + 1) : undefined;
}

/** Whether DynamoDB may have refused the time of a signature: the answer's `Date` tells. */
export function isClockError(error: unknown): boolean {
  return isIn('clock', (error as Failure).name);
}

interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined };
}
