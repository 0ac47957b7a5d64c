import { expect, test } from 'vitest';

import { keyOfHeader } from './key-header.js';

test.each([
  ['abc', 'abc'],
  [' "abc" ', 'abc'],
  [String.raw`"a \"b\" \\c"`, String.raw`a "b" \c`],
  ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['', undefined],
  ['""', undefined],
  ['"a', undefined],
  ['"a"b', undefined],
  ['"a"; b=1;c', 'a'],
  ['a, b', undefined],
  ['"a", "b"', undefined],
  ['ä', undefined],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['x'.repeat(256), undefined],
])('keyOfHeader() takes %j as %j', (header, key) => {
  expect(keyOfHeader(header)).toBe(key);
});
