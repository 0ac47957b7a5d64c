import { InvalidInputError, systemClock } from '@x/dynamo-core';
import {
  checkedOptions,
  checkKeyText,
  partitionedRowsOptionNames,
  type OptionNames,
} from '@x/dynamo-core/mechanism';
import {
  LimitedAttempt,
  type AttemptAllResult,
  type AttemptEntry,
  type AttemptLimits,
  type AttemptResult,
  type LimitedAttemptOptions,
} from '@x/dynamo-limited-attempt';
import type { Context, MiddlewareHandler } from 'hono';

import { rateLimitHeaders, type RateLimitHeadersOptions } from './headers.js';
import { structuredText } from './structured-text.js';
import { keyOf } from './store-options.js';

type Maybe<T> = T | Promise<T>;

/** One of several keys of a request. */
export interface LimitedEntry {
  /** What is limited: an address, a user. Kept apart from others by its name. */
  readonly name: string;
  readonly key: string;
  readonly limits: AttemptLimits;
  /** @default 1 */
  readonly cost?: number | undefined;
}

/** What `honoRateLimit` takes: `limits` and `key`, or `entries`, beside the options of a limiter. */
export interface HonoRateLimitOptions extends LimitedAttemptOptions {
  /** The limits of every request, or those of this one: a plan. */
  readonly limits?: AttemptLimits | ((c: Context) => Maybe<AttemptLimits>) | undefined;
  /** Whom to limit: never an empty text. */
  readonly key?: ((c: Context) => Maybe<string>) | undefined;
  /** How much a request takes, a whole number of at least 1. @default 1 */
  readonly cost?: number | ((c: Context) => Maybe<number>) | undefined;
  /** Several keys of a request in one decision, all or none: 1 to 100 of them. */
  readonly entries?: ((c: Context) => Maybe<readonly LimitedEntry[]>) | undefined;
  /** Keeps the keys of one middleware apart from those of another. @default 'default' */
  readonly prefix?: string | undefined;
  /** What a refused request gets; the headers are added. @default a text with status 429, or 503 */
  readonly onRefused?:
    | ((c: Context, result: AttemptResult | AttemptAllResult) => Maybe<Response>)
    | undefined;
}

const optionNames: OptionNames<HonoRateLimitOptions> = {
  ...partitionedRowsOptionNames,
  onStoreError: true,
  fallback: 'boolean',
  timeoutMs: true,
  shield: true,
  rememberedKeysMax: true,
  limits: true,
  key: true,
  cost: true,
  entries: 'function',
  prefix: true,
  onRefused: 'function',
};

/**
 * A middleware for Hono that limits by any algorithm of `@x/dynamo-limited-attempt`: plans, costs,
 * bursts, several keys. A request that is admitted goes on, with its RateLimit headers; one that is
 * refused is answered with status 429 and `Retry-After`, and consumes nothing. While DynamoDB cannot
 * be reached the error is thrown, unless `onStoreError` says otherwise (`'refuse'`: status 503).
 *
 * Sends what `consume` sends: one UpdateItem; with `entries` what `attemptAll` sends with `remaining`:
 * one TransactWriteItems and, where it is admitted, one BatchGetItem. `timeoutMs` is 5,000 where it
 * is left out.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { honoRateLimit } from '@x/dynamo-rate-limit/hono';
 * import { Hono } from 'hono';
 *
 * const app = new Hono();
 * app.use(
 *   honoRateLimit({
 *     tableName: 'my-partitioned-keys',
 *     limits: { attemptsMax: 100, windowMs: 60_000 },
 *     key: (c) => c.req.header('x-api-key') ?? 'anonymous',
 *   }),
 * );
 * app.get('/', (c) => c.text('hello'));
 * ```
 */
export function honoRateLimit(options: HonoRateLimitOptions): MiddlewareHandler {
  const given = checkedOptions(options, optionNames);
  const { limits, key, cost, entries, prefix = 'default', onRefused = refused, ...others } = given;
  if (entries === undefined ? typeof key !== 'function' || !limits : (key ?? limits ?? cost)) {
    throw new InvalidInputError('options', given, 'limits and key, or entries');
  }
  const { clock = systemClock } = others;
  const limiter = new LimitedAttempt({ timeoutMs: 5_000, ...others });

  async function decide(c: Context): Promise<Decision> {
    if (entries === undefined) {
      const own = typeof limits === 'function' ? await limits(c) : (limits as AttemptLimits);
      const whom = keyOf(checkedKey(await key?.(c)), prefix);
      const taken = typeof cost === 'function' ? await cost(c) : cost;
      const result = await limiter.consume(whom, own, { cost: taken });
      return [result, { limits: own }];
    }
    const list = await entries(c);
    const names = list.map(({ name }) => name);
    // Before anything is counted.
    names.forEach(structuredText);
    const all = list.map(({ name, key: whom, ...rest }): AttemptEntry => ({
      ...rest,
      key: keyOf(checkedKey(whom), `${prefix}.${name}`),
    }));
    const result = await limiter.attemptAll(all, { remaining: true });
    return [result, { limits: list.map((one) => one.limits), names }];
  }

  return async (c, next) => {
    const [result, shown] = await decide(c);
    const headers = rateLimitHeaders(result, { ...shown, nowMs: clock.now() });
    if (result.isAdmitted) await next();
    else c.res = await onRefused(c, result);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
}

/** A key that is absent would have all such requests share a limit. */
function checkedKey(key: unknown): string {
  checkKeyText('key', key as string, Infinity);
  return key as string;
}

type Decision = [AttemptResult | AttemptAllResult, RateLimitHeadersOptions];

function refused(c: Context, result: AttemptResult | AttemptAllResult): Response {
  const statuses = 'entries' in result ? result.entries : [result];
  const isStore = statuses.some(({ reason }) => reason === 'store');
  return isStore ? c.text('Limits cannot be checked', 503) : c.text('Too many requests', 429);
}
