import { InvalidInputError, type Random } from '@x/dynamo-core';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Randomness that repeats itself: the same seed gives the same numbers and the same ids, in the
 * same order. Not for secrets.
 *
 * @param seed a whole number from 0 to 2^32 - 1
 *
 * @example
 * ```ts
 * import { seededRandom } from '@x/dynamo-testing';
 *
 * console.log(seededRandom(7).id() === seededRandom(7).id()); // true
 * console.log(seededRandom(7).id() === seededRandom(8).id()); // false
 * ```
 */
export function seededRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new InvalidInputError('seed', seed, 'a whole number from 0 to 2^32 - 1');
  }
  let state = seed;

  // Mulberry32, by Tommy Ettinger: 32 bits of state are plenty for a test.
  function unit(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    unit,
    id: () => {
      let id = '';
      while (id.length < 12) id += alphabet[Math.floor(unit() * alphabet.length)];
      return id;
    },
  };
}
