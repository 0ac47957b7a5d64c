import { S } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { parseCondition } from './condition-parser.js';
import { readKeyCondition, type KeyRange } from './key-condition.js';

const keys = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
} as const;

function read(expression: string): KeyRange {
  const { tree } = parseCondition(expression, 'KeyConditionExpression');
  const values = { ':p': S('one'), ':a': S('b'), ':b': S('d') };
  return readKeyCondition(tree, { names: {}, values }, keys);
}

describe('readKeyCondition', () => {
  test.each([
    ['pk = :p AND sk >= :a', [-1, 0, 0]],
    ['pk = :p AND :a <= sk', [-1, 0, 0]],
    [':a > sk AND pk = :p', [0, 1, 1]],
    ['pk = :p AND sk BETWEEN :a AND :b', [-1, 0, 0]],
    ['pk = :p', [0, 0, 0]],
  ])('readKeyCondition() places the sort keys a, b and c: %s', (expression, places) => {
    const { partition, place } = read(expression);
    expect(partition).toEqual(S('one'));
    expect(['a', 'b', 'c'].map((each) => Math.sign(place(S(each))))).toEqual(places);
  });

  test.each(['pk = :p AND sk.a = :a', 'pk = :p AND sk[0] = :a', 'pk.a = :p'])(
    'readKeyCondition() refuses what is within a key: %s',
    (expression) => {
      expect(() => read(expression)).toThrow(
        'KeyConditionExpressions cannot have conditions on nested attributes',
      );
    },
  );

  test('readKeyCondition() names the key that is missed', () => {
    expect(() => read('sk = :a')).toThrow('Query condition missed key schema element: pk');
    expect(() => read('pk = :p AND tk = :a')).toThrow(
      'Query condition missed key schema element: sk',
    );
  });
});
