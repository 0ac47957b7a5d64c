import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { testRejected } from './rejected.js';
import { setUpdate, type SetDesign } from './set-update.js';

const chosen: SetDesign = {
  setHasId: true,
  condition: 'exact',
  registers: 2,
  asksForId: true,
  isBounded: true,
};

test.each([
  ['', chosen, 932],
  [' beside a plain set of the original', { ...chosen, setHasId: false }, 390],
])('a set operation loses nothing in any state%s', (_, design, states) => {
  expect(checkModel(setUpdate(design))).toEqual({ states, violated: undefined, trace: [] });
});

const kept = 'no element is lost or comes back';
const but = (change: Partial<SetDesign>) => setUpdate({ ...chosen, ...change });

testRejected(
  // Without a version the row looks as if it was never versioned, and a stale write passes.
  [
    'rejected: a plain set that drops the version',
    but({ setHasId: false, condition: 'or-unversioned' }),
    kept,
    'A reads {x} → B sets {b0} → A writes {a0 x}',
  ],
  // A row that is gone has no version either.
  [
    'rejected: a set operation that brings a deleted row back',
    but({ condition: 'or-unversioned' }),
    kept,
    'A reads {x} → B deletes it → A writes {a0 x}',
  ],
  // The SDK repeats a set whose reply is lost, and the repeat would overwrite what came after it.
  [
    'rejected: a plain set that does not ask whether the row remembers it',
    but({ asksForId: false }),
    kept,
    'B sets {b0} → A reads {b0} → A writes {a0 b0} → a copy of b0 writes {b0}',
  ],
  // A delete takes the ids with the row: stated, since a row that stays costs storage for ever.
  [
    'stated: a copy of a set behind a delete brings the row back',
    but({ isBounded: false }),
    kept,
    'B sets {b0} → B deletes it → a copy of b0 writes {b0}',
  ],
);
