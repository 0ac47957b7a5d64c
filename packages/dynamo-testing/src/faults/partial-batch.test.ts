import { InvalidInputError } from '@x/dynamo-core';
import { expect, test } from 'vitest';

import { splitBatch, unprocessedField } from './partial-batch.js';

test('splitBatch() splits keys across tables and keeps the other members', () => {
  const input = {
    RequestItems: { one: { Keys: ['a', 'b'], ConsistentRead: true }, two: { Keys: ['c', 'd'] } },
  };
  expect(splitBatch(input, 3)).toEqual({
    now: { one: { Keys: ['a', 'b'], ConsistentRead: true }, two: { Keys: ['c'] } },
    later: { two: { Keys: ['d'] } },
  });
});

test('splitBatch() splits write requests', () => {
  const input = { RequestItems: { one: ['a', 'b', 'c'] } };
  expect(splitBatch(input, 1)).toEqual({ now: { one: ['a'] }, later: { one: ['b', 'c'] } });
  expect(splitBatch(input, 0)).toEqual({ now: {}, later: { one: ['a', 'b', 'c'] } });
  expect(splitBatch(input, 9)).toEqual({ now: { one: ['a', 'b', 'c'] }, later: {} });
});

test('splitBatch() loses no table, of whatever name', () => {
  const { now, later } = splitBatch({ RequestItems: { ['__proto__']: ['a', 'b'] } }, 1);
  expect([Object.entries(now), Object.entries(later)]).toEqual([
    [['__proto__', ['a']]],
    [['__proto__', ['b']]],
  ]);
});

test('unprocessedField() refuses what is not a batch', () => {
  expect(unprocessedField('BatchGetItem')).toBe('UnprocessedKeys');
  expect(unprocessedField('BatchWriteItem')).toBe('UnprocessedItems');
  expect(() => unprocessedField('PutItem')).toThrow(InvalidInputError);
});
