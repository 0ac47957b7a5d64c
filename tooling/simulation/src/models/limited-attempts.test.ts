import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { expectFound } from './expect-found.js';
import { limitedAttempts, type AttemptsDesign } from './limited-attempts.js';

const chosen: AttemptsDesign = {
  write: 'conditional',
  registers: 2,
  keepsIds: true,
  refundBy: 'id',
  expires: true,
  isDeleted: false,
};
const once = 'an attempt consumes once within the bound';

test('one conditional write admits no more than the limit in any state', () => {
  const result = checkModel(limitedAttempts(chosen, 2));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBe(4882);
});

test('an increment of a counter, which has no limit, counts once in any state', () => {
  const result = checkModel(limitedAttempts(chosen, Infinity));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBe(12_013);
});

// Whoever sends many attempts at once passes with all of them: a hole for brute force.
test('rejected: reading the attempts and then writing them', () => {
  const design: AttemptsDesign = { ...chosen, write: 'read-then-write', expires: false };
  const model = limitedAttempts(design, 1);
  expectFound(model, 'no more than the limit pass', [
    'A reads 0',
    'B reads 0',
    'A writes 1 and passes',
    'B writes 1 and passes',
  ]);
});

// The SDK repeats a request whose reply is lost.
test('rejected: an attempt that does not recognise a repeat of itself', () => {
  const strict = limitedAttempts({ ...chosen, registers: 0, expires: false }, 2);
  const isOnce = ({ counted }: { counted: readonly string[] }): boolean =>
    counted.length === new Set(counted).size;
  const model = { ...strict, invariants: { [once]: isOnce } };
  expectFound(model, once, [
    'attempt of A passes as number 1, the reply is lost',
    'repeat of A passes as number 2',
  ]);
});

// A late copy of what the old window had would count in the new one.
test('rejected: a new window without the ids of the row that has expired', () => {
  const model = limitedAttempts({ ...chosen, keepsIds: false }, 2);
  expectFound(model, once, [
    'attempt of A passes as number 1, the reply is lost',
    'the window ends',
    'attempt of B passes as number 1',
    'repeat of A passes as number 2',
  ]);
});

// The attempts of the next window are somebody else's.
test('rejected: a refund that does not ask whose window it is', () => {
  const model = limitedAttempts({ ...chosen, refundBy: 'nothing' }, 2);
  expectFound(model, 'a refund takes nothing of others', [
    'attempt of A passes as number 1',
    'the window ends',
    'attempt of B passes as number 1',
    'A gives back',
  ]);
});

// It errs toward refusal: the limit itself always holds.
test('stated: a repeat counts again behind as many other changes as there are registers', () => {
  const strict = limitedAttempts({ ...chosen, expires: false }, 4);
  const isOnce = ({ counted }: { counted: readonly string[] }): boolean =>
    counted.length === new Set(counted).size;
  const result = checkModel({ ...strict, invariants: { [once]: isOnce } });
  expect(result.trace).toEqual([
    'attempt of A passes as number 1, the reply is lost',
    'attempt of B passes as number 2',
    'B gives back',
    'repeat of A passes as number 2',
  ]);
});

// A delete takes the ids with the row: stated, since a row that stays costs storage for ever.
test('stated: a repeat behind a delete counts anew', () => {
  const model = limitedAttempts({ ...chosen, isDeleted: true, expires: false }, Infinity);
  expectFound(model, once, [
    'attempt of A passes as number 1, the reply is lost',
    'a delete',
    'repeat of A passes as number 1',
  ]);
});
