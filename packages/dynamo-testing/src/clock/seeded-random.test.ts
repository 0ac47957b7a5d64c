import { InvalidInputError } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { seededRandom } from './seeded-random.js';

test('seededRandom() repeats itself', () => {
  const [one, two] = [seededRandom(42), seededRandom(42)];
  const draw = (random: typeof one): unknown[] => [random.unit(), random.id(), random.unit()];
  expect(draw(one)).toEqual(draw(two));
});

test('seededRandom() differs from seed to seed', () => {
  const ids = new Set(Array.from({ length: 1_000 }, (_, seed) => seededRandom(seed).id()));
  expect(ids.size).toBe(1_000);
});

test('seededRandom() draws evenly from [0, 1)', () => {
  const random = seededRandom(1);
  const draws = Array.from({ length: 10_000 }, () => random.unit());
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draws)).toBeLessThan(1);
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  expect(mean).toBeCloseTo(0.5, 1);
});

test('seededRandom() gives ids of 12 characters that do not repeat', () => {
  const random = seededRandom(1);
  const ids = Array.from({ length: 1_000 }, () => random.id());
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{12}$/);
  expect(new Set(ids).size).toBe(1_000);
});

test('seededRandom() refuses a seed that is not a whole number', () => {
  expect(() => seededRandom(1.5)).toThrow(InvalidInputError);
  expect(() => seededRandom(-1)).toThrow(InvalidInputError);
});
