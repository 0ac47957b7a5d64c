import { N, type Item } from '@x/dynamo-core';
import { cancellationReasons } from '@x/dynamo-core/mechanism';

import { blockOf, type KeyCall } from './attempt-row.js';
import { statusWithin } from './key-calls.js';
import { neverAdmitted, stateOf, statusOf, suffixed, together } from './limits.js';
import {
  checkPolicy,
  type AttemptResult,
  type EntryResult,
  type LimiterOptions,
} from './options.js';

/** Names of errors that say that DynamoDB is too busy. */
const throttled =
  /^((Request)?Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests|SlowDown|TransactionInProgress)/;
/** Names of errors that came instead of an answer. */
const unanswered = /^(TimeoutError|NetworkingError|RequestTimeout(Exception)?)$/;
/** Codes of errors of the network. */
const network =
  /^(ECONN\w+|EPIPE|E(SOCKET)?TIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENOTFOUND|EAI_AGAIN|EPROTO|UND_ERR_\w+)$/;

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
function isUnavailable(error: unknown): boolean {
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

/** The rows that are kept in memory. */
interface Kept {
  get(key: string): Item | undefined;
  set(key: string, item: Item): void;
}

/** What is known of a decision that the store has failed. */
interface Failed extends Pick<LimiterOptions, 'onStoreError'> {
  /** The rows of the `fallback`. */
  readonly items: Kept | undefined;
  readonly isRecord: boolean;
  /** What the store has decided before it failed: that stays so. */
  readonly decided: readonly EntryResult[] | undefined;
}

/**
 * Decides about these keys, of all of them or of none, while the store is unavailable. Throws the error
 * where it says something else, or where the caller wants it.
 */
export function decideWithout(
  error: unknown,
  calls: readonly KeyCall[],
  { onStoreError = 'throw', items, isRecord, decided }: Failed,
): readonly EntryResult[] {
  if (!isUnavailable(error)) throw error;
  if (items !== undefined) return decided ?? decideIn(items, calls, isRecord);
  // Whoever refuses one of the keys refuses all.
  const policies = calls.map(({ callerKey }) =>
    typeof onStoreError === 'function' ? checkPolicy(onStoreError(error, callerKey)) : onStoreError,
  );
  if (policies.includes('throw')) throw error;
  const isRefused = policies.includes('refuse');
  return decided ?? calls.map((call) => statusWithout(call, isRefused));
}

/** The answer where DynamoDB cannot be reached. */
function statusWithout(call: KeyCall, isRefused: boolean): AttemptResult {
  const result = statusOf(undefined, call);
  if (!result.isAdmitted || !isRefused) return { ...result, counted: false };
  const refused = result.limits.map((status) =>
    neverAdmitted({ ...status, isAdmitted: false, reason: 'store' }),
  );
  return { ...together(refused), counted: false };
}

/** Counts an attempt of each call in memory, of all or of none; a record in any case. */
function decideIn(
  items: Kept,
  calls: readonly KeyCall[],
  isRecord: boolean,
): readonly AttemptResult[] {
  const results = calls.map((call) => statusOf(items.get(call.keyId), call));
  const isCounted = isRecord || results.every(({ isAdmitted }) => isAdmitted);
  return calls.map((call, index) => {
    const item: Item = { ...items.get(call.keyId) };
    for (const limit of isCounted ? call.counting : []) {
      const state = limit.algorithm.take(stateOf(item, limit), limit, call);
      Object.assign(item, suffixed(state, limit.suffix));
    }
    const block = isRecord ? undefined : blockOf(results[index] as AttemptResult, call);
    if (block !== undefined) item['blockedUntil'] = N(block.untilMs);
    items.set(call.keyId, item);
    const result = isCounted ? statusWithin(item, call) : statusOf(item, call);
    return { ...result, counted: false };
  });
}
