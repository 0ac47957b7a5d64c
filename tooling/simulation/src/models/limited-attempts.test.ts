import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { limitedAttempts, type AttemptsDesign } from './limited-attempts.js';

const chosen: AttemptsDesign = { write: 'conditional', hasRequestId: true };

test('one conditional write admits no more than the limit in any state', () => {
  const result = checkModel(limitedAttempts(chosen, 2));
  expect(result).toEqual({ states: 73, violated: undefined, trace: [] });
});

// Whoever sends many attempts at once passes with all of them: a hole for brute force.
test('rejected: reading the attempts and then writing them', () => {
  const result = checkModel(limitedAttempts({ ...chosen, write: 'read-then-write' }, 1));
  expect(result.violated).toBe('no more than the limit pass');
  expect(result.trace).toEqual([
    'A reads 0',
    'B reads 0',
    'A writes 1 and passes',
    'B writes 1 and passes',
  ]);
});

// The SDK repeats a request whose reply is lost.
test('rejected: an attempt that does not recognise a repeat of itself', () => {
  const result = checkModel(limitedAttempts({ ...chosen, hasRequestId: false }, 2));
  expect(result.violated).toBe('an attempt consumes once');
  expect(result.trace).toEqual([
    'attempt of A passes, the reply is lost',
    'repeat of A passes as number 2',
  ]);
});

// The row remembers one request id. It errs toward refusal: the limit itself always holds.
test('known bound: a repeat consumes again when another attempt landed before it', () => {
  const result = checkModel(limitedAttempts(chosen, 3));
  expect(result.violated).toBe('an attempt consumes once');
  expect(result.trace).toEqual([
    'attempt of A passes, the reply is lost',
    'attempt of B passes as number 2',
    'repeat of A passes as number 3',
  ]);
});
