import { InvalidInputError } from '@x/dynamo-core';
import type { FastifyRateLimitOptions, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { AttemptLimit, AttemptResult } from '@x/dynamo-limited-attempt';

import {
  hitsMax,
  keyOf,
  openTable,
  storeOptionNames,
  windowOf,
  type StoreOptions,
} from './store-options.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';

/** What `fastifyStore` takes. */
export type FastifyStoreOptions = StoreOptions;

/** What the plugin says about the limits of a route. */
interface RouteLimits extends FastifyRateLimitOptions {
  readonly max?: unknown;
  readonly timeWindow?: unknown;
  readonly continueExceeding?: boolean;
  readonly exponentialBackoff?: boolean;
  readonly routeInfo?: { readonly method?: string | string[]; readonly url?: string };
}

type Answer = { current: number; ttl: number };
type Callback = (error: Error | null, result?: Answer) => void;

/**
 * A store for `@fastify/rate-limit` (10 and later), as the class that its option `store` takes: the hits
 * of a client in a window that begins with the first one, in any number of processes; routes with
 * limits of their own count apart. A hit whose response is lost is counted once.
 *
 * A hit is one UpdateItem, and a `read` (`{ increment: false }`) one GetItem. With `continueExceeding`
 * or `exponentialBackoff` a hit beyond the limit is two: it blocks the client for that time, and while
 * the block lasts at least `max + 1` hits are answered. An error reaches the plugin, which passes it
 * on, or the request with `skipOnError`.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import rateLimit from '@fastify/rate-limit';
 * import { fastifyStore } from '@x/dynamo-rate-limit/fastify';
 * import fastify from 'fastify';
 *
 * const app = fastify();
 * const store = fastifyStore({ tableName: 'my-partitioned-keys' });
 * await app.register(rateLimit, { max: 100, timeWindow: 60_000, store });
 * await app.close();
 * ```
 */
export function fastifyStore(options?: FastifyStoreOptions): FastifyRateLimitStoreCtor {
  const { limiter, rows, prefix } = openTable<FastifyStoreOptions>(options, storeOptionNames);

  return class RouteStore {
    readonly #limits: RouteLimits;
    readonly #prefix: string;

    constructor(limits: RouteLimits) {
      this.#limits = limits;
      this.#prefix = [prefix, ...own(limits)].join('.');
    }

    incr(client: string, callback: Callback, timeWindow: number, max: number): void {
      answer(this.#hit(client, timeWindow, max), callback);
    }

    read(client: string, callback: Callback, timeWindow: number, max: number): void {
      answer(this.#peek(client, timeWindow, max), callback);
    }

    child(routeOptions: object): RouteStore {
      return new RouteStore(routeOptions);
    }

    async #hit(client: string, timeWindow: number, max: number): Promise<Answer> {
      // Earlier versions of the plugin pass `max` and `ban` in their place, and would limit nobody.
      if (!(max >= 0)) {
        throw new InvalidInputError('max', max, 'a number, as @fastify/rate-limit 10 passes it');
      }
      const { continueExceeding, exponentialBackoff } = this.#limits;
      const key = keyOf(client, this.#prefix);
      const limit = limitOf(timeWindow);
      const { current, ttl } = answerOf(await limiter.record(key, limit), max);
      if (current <= max || !(continueExceeding || exponentialBackoff)) return { current, ttl };
      const factor = continueExceeding ? 1 : 2 ** (current - max - 1);
      const blockMs = windowOf(limit.windowMs * factor);
      await limiter.block(key, blockMs);
      return { current, ttl: Math.max(ttl, blockMs) };
    }

    async #peek(client: string, timeWindow: number, max: number): Promise<Answer> {
      const key = keyOf(client, this.#prefix);
      return answerOf(await limiter.peek(key, limitOf(timeWindow)), max);
    }
  };

  /** A block refuses, also where the count has begun anew. */
  function answerOf({ attempts, resetAtMs, isBlocked }: AttemptResult, max: number): Answer {
    const current = isBlocked ? Math.max(attempts, max + 1) : attempts;
    return { current, ttl: Math.max(0, resetAtMs - rows.clock.now()) };
  }
}

/** What limits of their own are kept apart by: the route, or what they are (`createRateLimit`). */
function own({ routeInfo, max, timeWindow }: RouteLimits): string[] {
  if (routeInfo === undefined) return [];
  const { method, url } = routeInfo;
  if (url !== undefined) return [`${[method].flat().join(',')}${url}`];
  return [[max, timeWindow].map((part) => (typeof part === 'number' ? part : 'own')).join('/')];
}

function limitOf(timeWindow: number): AttemptLimit & { readonly windowMs: number } {
  if (!(timeWindow >= 0)) {
    throw new InvalidInputError('timeWindow', timeWindow, 'a number of milliseconds');
  }
  return { attemptsMax: hitsMax, windowMs: windowOf(timeWindow) };
}

/** Calls back once, also where the callback throws. */
function answer(result: Promise<Answer>, callback: Callback): void {
  void result.then(
    (value) => callback(null, value),
    (error: unknown) => callback(error as Error),
  );
}
