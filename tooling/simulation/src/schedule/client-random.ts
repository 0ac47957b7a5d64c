import type { Random } from '@x/dynamo-core';

/** Randomness of one client: the same in every run, and its ids are readable in a trace. */
export function clientRandom(name: string): Random {
  let ids = 0;
  let state = 0x9e3779b9;
  for (const character of name)
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return {
    unit: () => {
      // Mulberry32: 32 bits of state are plenty for jitter.
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
    id: () => {
      ids++;
      return `${name.slice(0, 8)}${String(ids).padStart(12 - Math.min(name.length, 8), '-')}`;
    },
  };
}
