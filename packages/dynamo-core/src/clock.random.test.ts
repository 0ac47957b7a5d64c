import { expect, it } from 'vitest';

import { systemRandom } from './clock.js';

it('id() is 12 characters that never repeat and never hold the separator of versions', () => {
  const ids = Array.from({ length: 10_000 }, () => systemRandom.id());
  expect(ids.every((id) => /^[\w-]{12}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.join('')).size).toBe(64);
});

it('unit() is in [0, 1)', () => {
  for (let index = 0; index < 1_000; index += 1) {
    const unit = systemRandom.unit();
    expect(unit >= 0 && unit < 1).toBe(true);
  }
});
