import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { setUpdate, type SetDesign } from './set-update.js';

const chosen: SetDesign = { plainSetKeepsVersion: true, condition: 'exact' };

test('a set operation loses nothing in any state', () => {
  expect(checkModel(setUpdate(chosen))).toEqual({ states: 169, violated: undefined, trace: [] });
});

test('a set operation loses nothing beside a plain set of the original either', () => {
  const result = checkModel(setUpdate({ ...chosen, plainSetKeepsVersion: false }));
  expect(result).toEqual({ states: 164, violated: undefined, trace: [] });
});

// Without a version the row looks as if it was never versioned, and a stale write passes.
test('rejected: a plain set that drops the version', () => {
  const original: SetDesign = { plainSetKeepsVersion: false, condition: 'or-unversioned' };
  const result = checkModel(setUpdate(original));
  expect(result.violated).toBe('no element is lost or comes back');
  expect(result.trace).toEqual(['A reads {x}', 'B sets {b0}', 'A writes {a0 x}']);
});

// A row that is gone has no version either.
test('rejected: a set operation that brings a deleted row back', () => {
  const result = checkModel(setUpdate({ ...chosen, condition: 'or-unversioned' }));
  expect(result.violated).toBe('no element is lost or comes back');
  expect(result.trace).toEqual(['A reads {x}', 'B deletes it', 'A writes {a0 x}']);
});
