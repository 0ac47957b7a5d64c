import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
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
  const result = checkModel(limitChanges({ ...chosen, remembers: false }, 2, { R: 'record' }));
  expect(result.violated).toBe('the count is what was answered');
  expect(result.trace).toEqual(['R leaves 1, the reply is lost', 'R leaves 2']);
});

// What others attempt between the read and the write would be given back, too.
test('rejected: a refund that writes what it has read, whatever came since', () => {
  const roles = { A: 'attempt', B: 'attempt', G: 'refund' } as const;
  const result = checkModel(limitChanges({ ...chosen, refund: 'blind' }, 2, roles));
  expect(result.violated).toBe('the count is what was answered');
  expect(result.trace).toEqual(['A leaves 1', 'G reads 1', 'B leaves 2', 'G leaves 0']);
});

test('rejected: an attempt that looks for a block before its request', () => {
  const roles = { A: 'attempt', K: 'block' } as const;
  const result = checkModel(limitChanges({ ...chosen, asksForBlock: 'before' }, 2, roles));
  expect(result.violated).toBe('nobody is admitted past the limit or in a block');
  expect(result.trace).toEqual(['A sees no block', 'K blocks', 'A leaves 1']);
});

test('rejected: a block whose late copy begins it again', () => {
  const result = checkModel(limitChanges({ ...chosen, remembers: false }, 2, { K: 'block' }));
  expect(result.violated).toBe('a block ends');
  expect(result.trace).toEqual(['K blocks, sent twice', 'K unblocks', 'copy of K arrives']);
});
