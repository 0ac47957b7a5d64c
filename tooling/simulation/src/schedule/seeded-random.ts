import { seededRandom as seeded } from '@x/dynamo-testing';

/** Numbers from 0 to below 1, the same ones for each seed and index. */
export function seededRandom(seed: number, index: number): () => number {
  const mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  const random = seeded(mixed >>> 0);
  return () => random.unit();
}
