import { describe, expect, it } from 'vitest';

import { areAlike, grown } from './figures.js';

const spread = (median: number) => ({ median, low: median, high: median });

function time(name: string, ratio: number) {
  return { name, requests: 1, us: spread(8 * ratio), otherUs: spread(8), ratio: spread(ratio) };
}

describe('grown()', () => {
  it('names what takes a quarter more of the reference loop than in the release', () => {
    const times = [time('set', 6.4), time('get', 6.2)];
    expect(grown(times, { set: 5, get: 5 })).toEqual(['set']);
  });

  it('takes less than three microseconds for nothing', () => {
    expect(grown([time('get', 0.6)], { get: 0.3 })).toEqual([]);
    expect(grown([time('get', 0.8)], { get: 0.3 })).toEqual(['get']);
  });

  it('leaves out what the release has no figure of', () => {
    expect(grown([time('new', 100)], { set: 5 })).toEqual([]);
  });
});

describe('areAlike()', () => {
  const times = [time('get', 1), time('set', 2)];

  it('compares where the reference loop takes about as long', () => {
    expect(areAlike(times, { 'reference loop, µs': 8.4 })).toBe(true);
  });

  it.each([
    ['on a slower machine', { 'reference loop, µs': 6 }],
    ['on a faster machine', { 'reference loop, µs': 12 }],
    ['where that is not known', { get: 1 }],
  ])('does not %s', (_, figures) => {
    expect(areAlike(times, figures)).toBe(false);
  });
});
