import { N, S } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { releasePlace, renewPlace, replacePlaces, takePlace } from './requests.js';

const address = { tableName: 'semaphores', key: 'k', id: 'abcdefghijkl' };
const lease = { endMs: 2e12, nowMs: 1.9e12, seed: 1.9e15 };
/** As many as there may be. */
const places = Array.from({ length: 100 }, (_, index) => ({
  id: `abcdefghij${index}`,
  endMs: 1.9e12,
  stored: { [`e.abcdefghij${index}`]: N(1.9e12), [`h.abcdefghij${index}`]: S('{}') },
}));

describe('the largest expressions of a semaphore', () => {
  test.each([
    ['a place that is free', takePlace(address, 100, '{}', lease)],
    [
      'the places of 100 dead holders',
      replacePlaces(address, { taken: 100, dead: places }, '{}', lease),
    ],
    ['a renewal', renewPlace(address, 2e12, 1.9e12, '{}')],
    ['100 places that are put back', releasePlace(address, places)],
  ])('are taken by AWS: %s', (_, input) => {
    for (const text of [input.UpdateExpression ?? '', input.ConditionExpression ?? '']) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
      const operators = text.match(/\b(?:AND|OR|NOT|IN|[a-z]+(?:_[a-z]+)+)\b|[<=>]+|[+-]/g) ?? [];
      expect(operators.length).toBeLessThanOrEqual(300);
    }
  });
});
