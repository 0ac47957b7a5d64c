import { InvalidInputError, S } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { changeId, markerName } from './marked-change.js';

describe('changeId()', () => {
  test('is the same for the same token and change, of one size for tokens of any size', () => {
    for (const token of ['x', 'message 17', 'é'.repeat(5_000)]) {
      const { id, entry } = changeId(token, 'add', 1n);
      expect(id).toHaveLength(12);
      expect(entry).toMatch(/^.{12}~.{12}$/);
      expect(changeId(token, 'add', 1n)).toMatchObject({ id, entry });
      expect(changeId(`${token}.`, 'add', 1n).id).not.toBe(id);
    }
  });

  test('says what the token is used for', () => {
    const used = (verb: 'add' | 'set', amount: bigint): string => changeId('m', verb, amount).entry;
    const entries = [used('add', 5n), used('add', -5n), used('set', 5n), used('add', 50n)];
    expect(new Set(entries).size).toBe(4);
    expect(new Set(entries.map((entry) => entry.split('~')[0])).size).toBe(1);
  });

  test.each(['', 7, null, '\ud83d', 'a\ude00'])('refuses the token %j', (token) => {
    expect(() => changeId(token as string, 'add', 1n)).toThrow(InvalidInputError);
  });
});

describe('markerName()', () => {
  const key = { key: S('n.a') };

  test('tells counters and tokens apart', () => {
    expect(markerName(key, 'b')).toMatch(/^#[\w-]{43}$/);
    expect(markerName(key, 'b')).toBe(markerName(key, 'b'));
    expect(
      new Set([
        markerName(key, 'b'),
        markerName({ key: S('n.ab') }, ' '),
        markerName({ key: S('n') }, 'ab'),
      ]).size,
    ).toBe(3);
  });
});
