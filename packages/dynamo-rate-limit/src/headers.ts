import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, checkPositive, type OptionNames } from '@x/dynamo-core/mechanism';
import type {
  AttemptAllResult,
  AttemptLimit,
  AttemptLimits,
  AttemptResult,
  LimitStatus,
} from '@x/dynamo-limited-attempt';

import { structuredText } from './structured-text.js';

/** What `rateLimitHeaders` may be told beside the result. */
export interface RateLimitHeadersOptions {
  /**
   * The limits that were asked, for the length of their windows; for several keys a list with the
   * limits of each.
   */
  readonly limits?: AttemptLimits | readonly AttemptLimits[] | undefined;
  /**
   * What the limits are called, for several keys what the keys are called: printable ASCII.
   *
   * @default 'default', and 'limit-1', 'limit-2' … for several
   */
  readonly names?: readonly string[] | undefined;
  /** Whether the older `X-RateLimit-*` are among them. @default true */
  readonly legacy?: boolean | undefined;
  /** What time it is, in ms since 1970. @default Date.now() */
  readonly nowMs?: number | undefined;
}

const optionNames: OptionNames<RateLimitHeadersOptions> = {
  limits: true,
  names: true,
  legacy: 'boolean',
  nowMs: checkPositive,
};

/** What `consume`, `attempt`, `peek`, `record` answer, and an `AttemptsError`. */
export type RateLimitState = LimitStatus & Pick<AttemptResult, 'limits' | 'refusedBy'>;

/** One limit, with its name and its window where that is known. */
interface NamedLimit {
  readonly name: string;
  readonly status: LimitStatus;
  readonly windowMs: number | undefined;
}

/**
 * The headers that say where a client stands with its limits: `RateLimit-Policy` and `RateLimit` of
 * the IETF draft (draft-ietf-httpapi-ratelimit-headers-10) as structured fields, with an item for each
 * limit; `Retry-After` for a refusal that ends; and the older `X-RateLimit-Limit`, `-Remaining` and
 * `-Reset` (seconds since 1970) of the limit that matters most. Times are in whole seconds, rounded up.
 * Sends nothing. Keys of `attemptAll` that were not read are left out.
 *
 * @throws InvalidInputError for a bad option or a name that is not printable ASCII
 * @example
 * ```ts
 * import { LimitedAttempt } from '@x/dynamo-limited-attempt';
 * import { rateLimitHeaders } from '@x/dynamo-rate-limit/headers';
 *
 * const limiter = new LimitedAttempt({ tableName: 'my-partitioned-keys' });
 * const key = { partition: 'customer-7', namespace: 'requests', sort: 'api' };
 * const limits = { attemptsMax: 100, windowMs: 60_000 };
 * const headers = rateLimitHeaders(await limiter.consume(key, limits), { limits });
 * console.log(headers['RateLimit']); // "default";r=99;t=60
 * ```
 */
export function rateLimitHeaders(
  result: RateLimitState | AttemptAllResult,
  options?: RateLimitHeadersOptions,
): Record<string, string> {
  const { limits, names, legacy = true, nowMs = Date.now() } = checkedOptions(options, optionNames);
  if (!Array.isArray(Object(result).entries ?? Object(result).limits)) {
    throw new InvalidInputError('result', result, 'what a LimitedAttempt answered', {
      isData: true,
    });
  }
  const headers: Record<string, string> = {};
  const named =
    'entries' in result ? namedOfAll(result, limits, names) : namedOf(result, limits, names);
  if (named.length > 0) {
    headers['RateLimit-Policy'] = named.map(policy).join(', ');
    headers['RateLimit'] = named.map((one) => state(one, nowMs)).join(', ');
    if (legacy) {
      const { status } = named.reduce((first, one) => (mattersMore(one, first) ? one : first));
      headers['X-RateLimit-Limit'] = String(status.limit);
      headers['X-RateLimit-Remaining'] = String(status.remaining);
      headers['X-RateLimit-Reset'] = String(Math.ceil(status.resetAtMs / 1000));
    }
  }
  if (!result.isAdmitted && result.retryAfterMs !== undefined) {
    headers['Retry-After'] = String(Math.ceil(result.retryAfterMs / 1000));
  }
  return headers;
}

function namedOf(
  { limits: statuses }: Pick<RateLimitState, 'limits'>,
  limits: RateLimitHeadersOptions['limits'] = [],
  names: readonly string[] | undefined,
): readonly NamedLimit[] {
  const list = [limits].flat(2) as readonly AttemptLimit[];
  return statuses.map((status, index) => ({
    name: names?.[index] ?? (statuses.length === 1 ? 'default' : `limit-${index + 1}`),
    status,
    windowMs: list[index]?.windowMs ?? list[index]?.validityTime,
  }));
}

function namedOfAll(
  { entries }: AttemptAllResult,
  limits: RateLimitHeadersOptions['limits'] = [],
  names: readonly string[] | undefined,
): readonly NamedLimit[] {
  return entries.flatMap(({ limits: statuses = [] }, index) => {
    const name = names?.[index] ?? `key-${index + 1}`;
    const all = statuses.map((_, at) => (statuses.length === 1 ? name : `${name}-${at + 1}`));
    return namedOf({ limits: statuses }, (limits as readonly AttemptLimits[])[index], all);
  });
}

function mattersMore({ status: one }: NamedLimit, { status: other }: NamedLimit): boolean {
  if (one.isAdmitted !== other.isAdmitted) return other.isAdmitted;
  if (one.isAdmitted) return one.remaining < other.remaining;
  return (one.retryAfterMs ?? Infinity) > (other.retryAfterMs ?? Infinity);
}

function policy({ name, status, windowMs }: NamedLimit): string {
  const window = windowMs === undefined ? '' : `;w=${Math.ceil(windowMs / 1000)}`;
  return `${structuredText(name)};q=${status.limit}${window}`;
}

function state({ name, status }: NamedLimit, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((status.resetAtMs - nowMs) / 1000));
  return `${structuredText(name)};r=${status.remaining};t=${seconds}`;
}
