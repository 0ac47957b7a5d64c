import { InvalidInputError, systemRandom } from '@x/dynamo-core';
import { seededRandom } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { idLength } from './counter-row.js';
import { markerId, operationId } from './operation-id.js';

describe('operationId()', () => {
  test('is a fresh id without a token', () => {
    expect(operationId(undefined, seededRandom(3))).toBe(seededRandom(3).id());
    expect(operationId(undefined, systemRandom)).toHaveLength(idLength);
  });

  test('is the same for the same token, of one size for tokens of any size', () => {
    for (const token of ['x', 'message 17', 'é'.repeat(5_000)]) {
      const id = operationId(token, systemRandom);
      expect(id).toHaveLength(idLength);
      expect(operationId(token, systemRandom)).toBe(id);
      expect(operationId(`${token}.`, systemRandom)).not.toBe(id);
    }
  });

  test.each(['', 7, null])('refuses the token %j', (token) => {
    expect(() => operationId(token as string, systemRandom)).toThrow(InvalidInputError);
  });
});

describe('markerId()', () => {
  test('tells counters and tokens apart', () => {
    expect(markerId('n.a', 'b')).toMatch(/^#[\w-]{43}$/);
    expect(markerId('n.a', 'b')).toBe(markerId('n.a', 'b'));
    expect(
      new Set([markerId('n.a', 'b'), markerId('n.ab', ''.padEnd(1)), markerId('n', 'ab')]).size,
    ).toBe(3);
  });

  test('refuses an empty token', () => {
    expect(() => markerId('n.a', '')).toThrow(InvalidInputError);
  });
});
