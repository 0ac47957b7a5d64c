import type { OptionNames } from '@x/dynamo-core/mechanism';
import {
  slidingCounter,
  slidingLog,
  type Algorithm,
  type AttemptLimit,
} from '@x/dynamo-limited-attempt';
import type { ThrottlerStorage } from '@nestjs/throttler';

import {
  hitsMax,
  keyOf,
  openTable,
  storeOptionNames,
  windowOf,
  type StoreOptions,
} from './store-options.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';

/** What `nestStorage` takes. */
export interface NestStorageOptions extends StoreOptions {
  /**
   * How hits are counted.
   *
   * @default slidingLog, as the storage of Nest in memory, for limits up to 100; else slidingCounter
   */
  readonly algorithm?: Algorithm | undefined;
}

const nestStorageOptionNames: OptionNames<NestStorageOptions> = {
  ...storeOptionNames,
  algorithm: true,
};

/** What the guard of Nest gets. */
interface ThrottlerRecord {
  totalHits: number;
  timeToExpire: number;
  isBlocked: boolean;
  timeToBlockExpire: number;
}

/**
 * A storage for `@nestjs/throttler` (6 and later): limit and block are one decision, in any number of
 * processes. A hit that is refused consumes nothing, one whose response is lost is counted once. When a
 * block has ended, a client begins anew.
 *
 * A hit is one UpdateItem, refused or not; one more begins a block, and two more where that ends before
 * the hits have expired (`blockDuration` below `ttl`).
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { nestStorage } from '@x/dynamo-rate-limit/nest';
 *
 * const storage = nestStorage({ tableName: 'my-partitioned-keys' });
 * const throttlers = [{ name: 'default', ttl: 60_000, limit: 100 }];
 * // ThrottlerModule.forRoot({ throttlers, storage })
 * console.log(throttlers.length, typeof storage.increment);
 * ```
 */
export function nestStorage(options?: NestStorageOptions): ThrottlerStorage {
  const { limiter, rows, prefix, given } = openTable(options, nestStorageOptionNames);
  const { algorithm } = given;

  async function increment(
    client: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    const key = keyOf(client, `${prefix}.${throttlerName}`);
    const windowMs = windowOf(ttl);
    const blocksMs = blockDuration > 0 ? windowOf(blockDuration) : 0;
    const attemptsMax = Math.min(Math.max(0, Math.ceil(limit)), hitsMax);
    const limits: AttemptLimit = {
      attemptsMax,
      windowMs,
      algorithm: algorithm ?? (attemptsMax <= 100 ? slidingLog : slidingCounter),
      ...(blocksMs > 0 && { blockMs: blocksMs }),
    };
    const result = await limiter.consume(key, limits);
    const { isAdmitted, attempts, resetAtMs, isBlocked } = result;
    let { retryAfterMs = blocksMs > 0 ? blocksMs : windowMs } = result;
    // What was counted before the block must not refuse after it.
    if (isBlocked && attempts > 0 && blocksMs < windowMs) {
      await limiter.refund(key, limits, { cost: attempts });
      retryAfterMs = Math.min(retryAfterMs, blocksMs);
    }
    return {
      totalHits: isAdmitted ? attempts : attemptsMax + 1,
      timeToExpire: seconds(resetAtMs - rows.clock.now()),
      isBlocked: !isAdmitted,
      timeToBlockExpire: isAdmitted ? 0 : seconds(retryAfterMs),
    };
  }

  return { increment };
}

function seconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000));
}
