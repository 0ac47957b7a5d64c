import { expect, it, vi } from 'vitest';

import { perShape } from './send.js';

it('perShape() makes each shape once, and keeps no more than 500', () => {
  const kept = perShape<string>();
  const make = vi.fn<() => string>(() => 'made');
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 500; n++) expect(kept(`shape ${n}`, make)).toBe('made');
  }
  expect(make).toHaveBeenCalledTimes(500);
  kept('one more', make);
  kept('shape 0', make);
  expect(make).toHaveBeenCalledTimes(502);
});
