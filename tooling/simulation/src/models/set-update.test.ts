import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { expectFound } from './expect-found.js';
import { setUpdate, type SetDesign } from './set-update.js';

const chosen: SetDesign = {
  setHasId: true,
  condition: 'exact',
  registers: 2,
  asksForId: true,
  isBounded: true,
};

test('a set operation loses nothing in any state', () => {
  expect(checkModel(setUpdate(chosen))).toEqual({ states: 932, violated: undefined, trace: [] });
});

test('a set operation loses nothing beside a plain set of the original either', () => {
  const result = checkModel(setUpdate({ ...chosen, setHasId: false }));
  expect(result).toEqual({ states: 390, violated: undefined, trace: [] });
});

// Without a version the row looks as if it was never versioned, and a stale write passes.
test('rejected: a plain set that drops the version', () => {
  const original: SetDesign = { ...chosen, setHasId: false, condition: 'or-unversioned' };
  const model = setUpdate(original);
  expectFound(model, 'no element is lost or comes back', [
    'A reads {x}',
    'B sets {b0}',
    'A writes {a0 x}',
  ]);
});

// A row that is gone has no version either.
test('rejected: a set operation that brings a deleted row back', () => {
  const model = setUpdate({ ...chosen, condition: 'or-unversioned' });
  expectFound(model, 'no element is lost or comes back', [
    'A reads {x}',
    'B deletes it',
    'A writes {a0 x}',
  ]);
});

// The SDK repeats a set whose reply is lost, and the repeat would overwrite what came after it.
test('rejected: a plain set that does not ask whether the row remembers it', () => {
  const model = setUpdate({ ...chosen, asksForId: false });
  expectFound(model, 'no element is lost or comes back', [
    'B sets {b0}',
    'A reads {b0}',
    'A writes {a0 b0}',
    'a copy of b0 writes {b0}',
  ]);
});

// A delete takes the ids with the row: stated, since a row that stays costs storage for ever.
test('stated: a copy of a set behind a delete brings the row back', () => {
  const model = setUpdate({ ...chosen, isBounded: false });
  expectFound(model, 'no element is lost or comes back', [
    'B sets {b0}',
    'B deletes it',
    'a copy of b0 writes {b0}',
  ]);
});
