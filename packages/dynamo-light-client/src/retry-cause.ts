/** What a repeat is for: the two wait differently, and cost differently. */
export type RetryCause = 'throttling' | 'transient';

// What the names in the SDK's lists begin with (`@smithy/core/retry`, which a test compares).
const throttling =
  /^((Bandwidth|Request|)LimitE|ProvisionedThroughputE|(EC2|Request|)Throttl|PriorRequestN|SlowDown|TooManyRequestsE|TransactionInP)/;
// DynamoDB's model says that a conflict may be repeated.
const transient =
  /^(TimeoutError|RequestTimeout|50[0234]|ECONNRE(SET|FUSED)|EPIPE|ETIMEDOUT|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|ReplicatedWriteC)/;
const clock =
  /^(AccessDeniedE|AuthFailure|InvalidSignature|Request(Expired|InTheFuture|TimeTooSkewed)|SignatureDoesNotMatch)/;

/** Why a request may be repeated, or `undefined` where it may not. */
export function retryCause(error: unknown, depth = 0): RetryCause | undefined {
  const { name = '', code = '', message = '', cause, $metadata } = Object(error) as Failure;
  const status = $metadata?.httpStatusCode;
  if (status === 429 || throttling.test(name)) return 'throttling';
  if (name === 'AbortError') return undefined;
  if (
    [name, code, String(status)].some((part) => transient.test(part)) ||
    (name === 'InvalidSignatureException' && message.includes('Signature expired'))
  ) {
    return 'transient';
  }
  // Causes may go round.
  return cause && depth < 10 ? retryCause(cause, depth + 1) : undefined;
}

/** Whether DynamoDB may have refused the time of a signature: the answer's `Date` tells. */
export function isClockError(error: unknown): boolean {
  return clock.test(String((error as Failure).name));
}

interface Failure {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined };
}
