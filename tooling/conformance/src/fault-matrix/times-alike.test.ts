import { describe, expect, test } from 'vitest';

import { withTimesOf } from './times-alike.js';

const ms = 1_735_689_600_000;

describe('withTimesOf()', () => {
  test.each<[string, unknown, unknown]>([
    ['milliseconds', { at: ms + 3_999 }, { at: ms }],
    ['seconds, as DynamoDB has them', { at: { N: '1735689602' } }, { at: { N: '1735689600' } }],
    ['times within a text', '{"at":1735689602000}', '{"at":1735689600000}'],
    ['what an error says', new Error(`until ${ms + 1}`), new Error(`until ${ms}`)],
  ])('takes %s that an answer leaves open for the same', (_, actual, expected) => {
    expect(withTimesOf(actual, expected)).toEqual(withTimesOf(expected, expected));
  });

  test.each<[string, unknown, unknown]>([
    ['minutes', { at: ms + 60_000 }, { at: ms }],
    ['a second too much', { at: { N: '1735689605' } }, { at: { N: '1735689600' } }],
    ['other numbers', { count: 2 }, { count: 1 }],
    ['what is missing', { at: ms }, {}],
    ['another error', new Error('one'), new Error('other')],
  ])('tells %s', (_, actual, expected) => {
    expect(withTimesOf(actual, expected)).not.toEqual(withTimesOf(expected, expected));
  });
});
