import { expect, it } from 'vitest';

import { phrasesIn } from './words.js';

it.each([
  ['the lease is over', 1],
  ['it has been over for a second', 1],
  ['somebody is at it, and is told so', 2],
  ['Whatever the row holds', 1],
  ['callers\n * are told so', 1],
  ['the lease has\n// been over', 1],
  ['limits are told apart by their position', 0],
  ['a wall between them', 1],
  ['a wall clock, which went on while others waited', 0],
  ['the lease has expired; the caller gets the existing row', 0],
])('phrasesIn() finds in "%s" %i phrases', (text, count) => {
  expect(phrasesIn({ path: 'a.ts', text: `first\n${text}` })).toHaveLength(count);
});
