import { describe, expect, test } from 'vitest';

import { parseCondition } from './condition-parser.js';

const parse = (expression: string): unknown => parseCondition(expression, 'Condition').tree;

describe('parseCondition', () => {
  test('parseCondition() lets OR bind less than AND, and AND less than NOT', () => {
    expect(parse('NOT a = :a AND b = :b OR c = :c')).toEqual(
      parse('((NOT (a = :a)) AND (b = :b)) OR (c = :c)'),
    );
    expect(parse('a = :a AND (b = :b OR c = :c)')).not.toEqual(
      parse('a = :a AND b = :b OR c = :c'),
    );
  });

  test('parseCondition() tells the AND of BETWEEN from the other', () => {
    expect(parse('a BETWEEN :x AND :y AND b = :b')).toEqual(
      parse('(a BETWEEN :x AND :y) AND (b = :b)'),
    );
  });

  test('parseCondition() reads paths, placeholders and functions', () => {
    const { tree, names, values } = parseCondition('size(a.#b[3].c) >= :n', 'Condition');
    expect(tree).toEqual({
      kind: 'compare',
      comparator: '>=',
      left: { kind: 'size', operand: { kind: 'path', path: ['a', '#b', 3, 'c'] } },
      right: { kind: 'value', placeholder: ':n' },
    });
    expect([...names, ...values]).toEqual(['#b', ':n']);
  });

  test('parseCondition() takes parentheses around an operand', () => {
    expect(parse('(a) = (:a)')).toEqual(parse('a = :a'));
  });

  test.each([
    ['', 'can not be empty'],
    ['a = :a AND', 'Syntax error'],
    ['a = 5', 'Syntax error'],
    ['a == :a', 'Syntax error'],
    ['_a = :a', 'Syntax error'],
    ['((a = :a))', 'redundant parentheses'],
    ['(a = :a', 'Syntax error'],
    ['data = :a', 'reserved keyword'],
    ['a.Data = :a', 'reserved keyword'],
    ['size = :a', 'reserved keyword'],
    ['unknown(a)', 'Invalid function name'],
    ['size(a)', 'not allowed to be used this way'],
    ['attribute_exists(a) = :a', 'Syntax error'],
    ['begins_with(a)', 'number of operands'],
    [`a IN (${Array.from({ length: 101 }, () => ':a').join()})`, 'too many operands'],
    [Array.from({ length: 151 }, () => 'a = :a').join(' OR '), 'too many operators'],
    [`a${'.b'.repeat(32)} = :a`, 'nesting levels'],
    [`a = :a${' '.repeat(4091)}`, 'maximum allowed size'],
  ])('parseCondition() refuses %j', (expression, reason) => {
    expect(() => parse(expression)).toThrow(reason);
  });

  test('parseCondition() survives the deepest expression that fits', () => {
    const depth = 290;
    expect(() => parse(`${'NOT ('.repeat(depth)}a = :a${')'.repeat(depth)}`)).not.toThrow();
  });
});
