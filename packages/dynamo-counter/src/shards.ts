import { InvalidInputError, type Random } from '@x/dynamo-core';
import { checkInteger, checkToken, digestOf } from '@x/dynamo-core/mechanism';

import type { Count } from './count-mode.js';

/** More rows than partitions of a table that is worth counting in: reading sums all of them. */
const shardsMax = 1_000;

/**
 * One counter in several rows, because a partition of DynamoDB takes 1,000 writes a second: the
 * first one has the counter's own key, the others a suffix in the partition key.
 */
export class Shards {
  readonly #count: number;

  constructor(count: number, ttlSeconds: number | undefined) {
    checkInteger('shards', count, 1, shardsMax);
    if (ttlSeconds !== undefined) {
      const allowed = 'left out with shards: each would expire by itself (use windowed())';
      throw new InvalidInputError('ttlSeconds', ttlSeconds, allowed);
    }
    this.#count = count;
  }

  /** Throws for what takes one look at the whole count. */
  refuse(what: string): never {
    throw new InvalidInputError('shards', this.#count, `left out: a sum of rows has no ${what}`);
  }

  /** The shard of a change: that of its token, or any. */
  pick(token: string | undefined, random: Random): number {
    if (token === undefined) return Math.floor(random.unit() * this.#count);
    checkToken(token);
    const hash = Buffer.from(digestOf(token), 'base64url').readUInt32BE();
    return Math.floor((hash / 2 ** 32) * this.#count);
  }

  /** What `locate` gives for each of them. */
  all<T>(locate: (shard: number) => T): T[] {
    return Array.from({ length: this.#count }, (_, shard) => locate(shard));
  }

  /** What the partition key of a shard ends with. */
  static suffix(shard: number): string {
    return shard === 0 ? '' : `~${shard}`;
  }

  /** What its row says that it is. */
  static kind(shard: number): 'shard' | undefined {
    return shard === 0 ? undefined : 'shard';
  }

  /** The count of all of them; `undefined` where there is none. */
  static sum(counts: readonly (Count | undefined)[]): Count | undefined {
    const present = counts.filter((count) => count !== undefined);
    const [first, ...more] = present;
    return more.reduce<Count | undefined>(
      (sum, count) =>
        typeof sum === 'bigint' && typeof count === 'bigint'
          ? sum + count
          : Number(sum) + Number(count),
      first,
    );
  }
}
