import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { testRejected } from './rejected.js';
import { limitChanges, type ChangesDesign, type Role } from './limit-changes.js';

const chosen: ChangesDesign = {
  remembers: true,
  refund: 'if unchanged',
  asksForBlock: 'in its condition',
};

test('attempts, records and refunds by key count what was answered, in any state', () => {
  const roles = { A: 'attempt', R: 'record', G: 'refund', H: 'refund' } as const;
  const result = checkModel(limitChanges(chosen, 1, roles));
  expect(result).toEqual({ violated: undefined, trace: [], states: 678 });
});

test('nobody is admitted in a block, and a late copy does not begin it again, in any state', () => {
  const roles = { A: 'attempt', B: 'attempt', R: 'record', K: 'block' } as const;
  const result = checkModel(limitChanges(chosen, 2, roles));
  expect(result).toEqual({ violated: undefined, trace: [], states: 1239 });
});

const but = (change: Partial<ChangesDesign>, roles: Readonly<Record<string, Role>>) =>
  limitChanges({ ...chosen, ...change }, 2, roles);

testRejected(
  [
    'rejected: a record that does not recognise a repeat of itself',
    but({ remembers: false }, { R: 'record' }),
    'the count is what was answered',
    'R leaves 1, the reply is lost → R leaves 2',
  ],
  // What others attempt between the read and the write would be given back, too.
  [
    'rejected: a refund that writes what it has read, whatever came since',
    but({ refund: 'blind' }, { A: 'attempt', B: 'attempt', G: 'refund' }),
    'the count is what was answered',
    'A leaves 1 → G reads 1 → B leaves 2 → G leaves 0',
  ],
  [
    'rejected: an attempt that looks for a block before its request',
    but({ asksForBlock: 'before' }, { A: 'attempt', K: 'block' }),
    'nobody is admitted past the limit or in a block',
    'A sees no block → K blocks → A leaves 1',
  ],
  [
    'rejected: a block whose late copy begins it again',
    but({ remembers: false }, { K: 'block' }),
    'a block ends',
    'K blocks, sent twice → K unblocks → copy of K arrives',
  ],
);
