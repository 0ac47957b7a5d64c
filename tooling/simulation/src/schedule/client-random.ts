import type { Random } from '@x/dynamo-core';
import { seededRandom } from '@x/dynamo-testing';

/** Randomness of one client: the same in every run, and its ids are readable in a trace. */
export function clientRandom(name: string): Random {
  let ids = 0;
  let state = 0x9e3779b9;
  for (const character of name)
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  const random = seededRandom(state >>> 0);
  return {
    unit: () => random.unit(),
    id: () => {
      ids++;
      return `${name.slice(0, 8)}${String(ids).padStart(12 - Math.min(name.length, 8), '-')}`;
    },
  };
}
