import { describe, expect, it, test } from 'vitest';

import { digestOf, requestToken, tokenId } from './token-id.js';

describe('requestToken()', () => {
  it('keeps what DynamoDB takes and hashes what is longer', () => {
    expect(requestToken('message-7')).toBe('message-7');
    expect(requestToken('ä'.repeat(18))).toBe('ä'.repeat(18));
    expect(requestToken('ä'.repeat(19))).toMatch(/^[\w-]{36}$/);
    expect(requestToken('x'.repeat(99))).not.toBe(requestToken('x'.repeat(98)));
  });

  it.each(['', 'half \ud83d', '\ude00 half', 7 as unknown as string])('refuses %o', (token) => {
    expect(() => requestToken(token)).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });
});

describe('tokenId()', () => {
  it('makes the id of the token alone, and the entry of what is asked too', () => {
    const one = tokenId('t', { incr: 5 });
    const other = tokenId('t', { incr: 50 });
    expect(one.id).toMatch(/^[\w-]{12}$/);
    expect(other.id).toBe(one.id);
    expect(one.entry).toMatch(new RegExp(`^${one.id}~[\\w-]{12}$`));
    expect(other.entry).not.toBe(one.entry);
    expect(tokenId('u', { incr: 5 }).id).not.toBe(one.id);
  });

  it('refuses half of an emoji, which would share its hash with other halves', () => {
    expect(() => tokenId('a\ud83d', {})).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });
});

describe('digestOf()', () => {
  it('does not depend on the order of names or the class of bytes', () => {
    const one = { b: { B: Buffer.from('x') }, a: [1, 2] };
    const other = { a: [1, 2], b: { B: new Uint8Array([120]) } };
    expect(digestOf(one)).toBe(digestOf(other));
    expect(digestOf({ ...one, a: [2, 1] })).not.toBe(digestOf(one));
    const parts = [{ a: 1 }, 2n, '2'];
    expect(digestOf(new Set(parts))).toBe(digestOf(new Set(parts.toReversed())));
    const entries = parts.map((part) => [part, part] as const);
    expect(digestOf(new Map(entries))).toBe(digestOf(new Map(entries.toReversed())));
  });
});

test('digestOf() tells apart what JSON has no form of', () => {
  const values = [1n, 1, '1', new Set([1]), [1], new Map([[1, 2]]), [[1, 2]], new Uint8Array([1])];
  expect(new Set(values.map(digestOf)).size).toBe(values.length);
});
