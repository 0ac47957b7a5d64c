import type { AttributeValue, Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { applyUpdate, checkUpdate } from './update-evaluator.js';
import { parseUpdate } from './update-parser.js';

const list = (...digits: number[]): AttributeValue => ({
  L: digits.map((digit) => ({ N: String(digit) })),
});
const item: Item = { n: { N: '5' }, l: list(0, 1, 2), m: { M: { x: { N: '1' } } } };

function update(expression: string, values: Item = {}): Item {
  const { tree } = parseUpdate(expression);
  const placeholders = { names: {}, values };
  checkUpdate(tree, placeholders);
  return applyUpdate(tree, item, placeholders);
}

describe('applyUpdate', () => {
  test('applyUpdate() reads everything from the item as it was', () => {
    const updated = update('SET n = m.x, m.x = n');
    expect(updated).toMatchObject({ n: { N: '1' }, m: { M: { x: { N: '5' } } } });
  });

  test('applyUpdate() leaves the item that it was given as it is', () => {
    const before = structuredClone(item);
    update('SET m.x = :v, l[0] = :v, l[9] = :v REMOVE l[1]', { ':v': { N: '9' } });
    expect(item).toEqual(before);
  });

  test('applyUpdate() counts indexes in the list as it was', () => {
    const nine = { ':v': { N: '9' } };
    expect(update('REMOVE l[0], l[2]')['l']).toEqual(list(1));
    expect(update('SET l[7] = :v REMOVE l[0]', nine)['l']).toEqual(list(1, 2, 9));
    expect(update('SET l[2] = :v REMOVE l[0]', nine)['l']).toEqual(list(1, 9));
    expect(update('SET l[9] = :v REMOVE l[3]', nine)['l']).toEqual(list(0, 1, 2, 9));
  });

  test('applyUpdate() removes a set with its last element', () => {
    expect(update('DELETE s :v', { ':v': { SS: ['a'] } })).toEqual(item);
    const { s } = applyUpdate(
      parseUpdate('DELETE s :v').tree,
      { s: { SS: ['a'] } },
      { names: {}, values: { ':v': { SS: ['b', 'a'] } } },
    );
    expect(s).toBeUndefined();
  });

  test.each([
    ['SET a = z', {}, 'does not exist in the item'],
    ['SET z.a = n', {}, 'invalid for update'],
    ['REMOVE n.a', {}, 'invalid for update'],
    ['SET l.a = n', {}, 'invalid for update'],
    ['SET a = l + n', {}, 'incorrect data type'],
    ['ADD l :v', { ':v': { N: '1' } }, 'incorrect data type'],
    ['ADD a :v', { ':v': { S: 'x' } }, 'Incorrect operand type'],
    ['SET a = n + :v', { ':v': { S: 'x' } }, 'Incorrect operand type'],
    ['SET m.x = n, m = n', {}, 'overlap'],
    ['SET m.x = n, m[0] = n', {}, 'conflict'],
    ['SET a = n SET b = n', {}, 'only be used once'],
    ['SET a = list_append(list_append(l, l), l)', {}, 'not allowed to be used this way'],
    ['SET a = n + n + n', {}, 'Syntax error'],
    ['ADD a n', {}, 'Syntax error'],
  ])('applyUpdate() refuses %s', (expression, values, reason) => {
    expect(() => update(expression, values)).toThrow(reason);
  });
});
