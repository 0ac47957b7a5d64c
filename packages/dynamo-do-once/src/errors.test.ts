import { inspect } from 'node:util';

import type { EpochMS } from '@x/dynamo-core';
import { expect, it } from 'vitest';

import { DoOnceMismatchError } from './errors.js';
import type { DoOnceRecord } from './record.js';

it('DoOnceMismatchError holds the record, and shows nothing of it', () => {
  const record = { done: true, at: 5 as EpochMS, result: 'hunter2' } as unknown as DoOnceRecord;
  const error = new DoOnceMismatchError('ann/mail', record);
  expect(error.record).toBe(record);
  const shown = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join();
  expect(shown).not.toContain('hunter2');
});
