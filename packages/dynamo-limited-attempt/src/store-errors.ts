import { cancellationReasons } from '@x/dynamo-core/mechanism';

/** Names of errors that say that DynamoDB is too busy. */
const throttled =
  /^(Throttling|ThrottledException|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests|RequestThrottled|SlowDown|TransactionInProgress)/;
/** Names of errors that came instead of an answer. */
const unanswered = /^(TimeoutError|NetworkingError|RequestTimeout|RequestTimeoutException)$/;
/** Codes of errors of the network. */
const network =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ESOCKETTIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|EPROTO|UND_ERR_\w+)$/;

interface ErrorFields {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

/**
 * Whether an error says that DynamoDB cannot be reached or does not keep up: throttling, 5xx, a lost
 * connection, no answer in time. Never what the caller or the configuration does wrong.
 */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code, cause, $fault, $metadata } = error as ErrorFields;
  const status = Number($metadata?.httpStatusCode ?? 0);
  if (throttled.test(String(name)) || status === 429) return true;
  const reasons = cancellationReasons(error)?.filter((reason) => reason.code !== 'None') ?? [];
  if (reasons.length > 0) return reasons.every((reason) => throttled.test(reason.code));
  if ($fault === 'client') return false;
  if ($fault === 'server' || status >= 500) return true;
  if (unanswered.test(String(name)) || network.test(String(code))) return true;
  return name === 'TypeError' && isUnavailable(cause);
}
