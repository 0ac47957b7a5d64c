import { expect, test } from 'vitest';

import { requestsPerChange } from './writers.js';

test('200 writers on one set send fewer than 8 requests for each change', async () => {
  expect(await requestsPerChange(200)).toBeLessThan(8);
});
