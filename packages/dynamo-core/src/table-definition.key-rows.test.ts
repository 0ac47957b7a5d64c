import { describe, expect, it } from 'vitest';

import { checkString, keyAddress, namespacePrefix } from './input-checks.js';

describe('keyAddress()', () => {
  it.each([
    ['events', 'user-1', 'events.user-1'],
    ['', 'user-1', 'user-1'],
    ['a.b', 'c', 'a.b.c'],
  ])('of namespace %j and id %j is the key %j', (namespace, id, key) => {
    expect(keyAddress(namespace, id)).toEqual({ key: { key: { S: key } }, displayKey: id });
    expect(key.startsWith(namespacePrefix(namespace))).toBe(true);
  });

  it('refuses an id that is empty, too long, or too long with its namespace', () => {
    expect(() => keyAddress('ns', '')).toThrow(expect.objectContaining({ field: 'id' }));
    expect(() => keyAddress('ns', 'x'.repeat(2_049))).toThrow(
      expect.objectContaining({ field: 'id' }),
    );
    expect(() => keyAddress('ns', 'x'.repeat(2_045))).not.toThrow();
    expect(() => keyAddress('ns', 'x'.repeat(2_046))).toThrow(
      expect.objectContaining({ field: 'the namespace and id' }),
    );
  });
});

it.each([undefined, 5, '\ud800'])('checkString() refuses %j, and takes an empty text', (value) => {
  expect(() => checkString('namespace', '')).not.toThrow();
  expect(() => checkString('namespace', value)).toThrow(
    expect.objectContaining({ field: 'namespace' }),
  );
});
