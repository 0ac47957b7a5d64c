import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { expectFound } from './expect-found.js';
import { limitChanges, type ChangesDesign } from './limit-changes.js';

const chosen: ChangesDesign = {
  remembers: true,
  refund: 'if unchanged',
  asksForBlock: 'in its condition',
};

test('attempts, records and refunds by key count what was answered, in any state', () => {
  const roles = { A: 'attempt', R: 'record', G: 'refund', H: 'refund' } as const;
  const result = checkModel(limitChanges(chosen, 1, roles));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBeGreaterThan(300);
});

test('nobody is admitted in a block, and a late copy does not begin it again, in any state', () => {
  const roles = { A: 'attempt', B: 'attempt', R: 'record', K: 'block' } as const;
  const result = checkModel(limitChanges(chosen, 2, roles));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBeGreaterThan(100);
});

test('rejected: a record that does not recognise a repeat of itself', () => {
  const model = limitChanges({ ...chosen, remembers: false }, 2, { R: 'record' });
  expectFound(model, 'the count is what was answered', [
    'R leaves 1, the reply is lost',
    'R leaves 2',
  ]);
});

// What others attempt between the read and the write would be given back, too.
test('rejected: a refund that writes what it has read, whatever came since', () => {
  const roles = { A: 'attempt', B: 'attempt', G: 'refund' } as const;
  const model = limitChanges({ ...chosen, refund: 'blind' }, 2, roles);
  expectFound(model, 'the count is what was answered', [
    'A leaves 1',
    'G reads 1',
    'B leaves 2',
    'G leaves 0',
  ]);
});

test('rejected: an attempt that looks for a block before its request', () => {
  const roles = { A: 'attempt', K: 'block' } as const;
  const model = limitChanges({ ...chosen, asksForBlock: 'before' }, 2, roles);
  expectFound(model, 'nobody is admitted past the limit or in a block', [
    'A sees no block',
    'K blocks',
    'A leaves 1',
  ]);
});

test('rejected: a block whose late copy begins it again', () => {
  const model = limitChanges({ ...chosen, remembers: false }, 2, { K: 'block' });
  expectFound(model, 'a block ends', ['K blocks, sent twice', 'K unblocks', 'copy of K arrives']);
});
