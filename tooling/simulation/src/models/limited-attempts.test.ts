import { expect, test } from 'vitest';

import { checkModel, type ProtocolModel } from './check-model.js';
import { testRejected } from './rejected.js';
import { limitedAttempts, type AttemptsDesign, type AttemptsState } from './limited-attempts.js';

const chosen: AttemptsDesign = {
  write: 'conditional',
  registers: 2,
  keepsIds: true,
  refundBy: 'id',
  expires: true,
  isDeleted: false,
};
const once = 'an attempt consumes once within the bound';

test.each<readonly [title: string, attemptsMax: number, states: number]>([
  ['one conditional write admits no more than the limit', 2, 4882],
  ['an increment of a counter, which has no limit, counts once', Infinity, 12_013],
])('%s in any state', (_, attemptsMax, states) => {
  const result = checkModel(limitedAttempts(chosen, attemptsMax));
  expect(result).toEqual({ violated: undefined, trace: [], states });
});

const but = (change: Partial<AttemptsDesign>, attemptsMax: number) =>
  limitedAttempts({ ...chosen, ...change }, attemptsMax);
/** Whatever has come in between. */
const strictly = (model: ProtocolModel<AttemptsState>): typeof model => ({
  ...model,
  invariants: { [once]: ({ counted }) => counted.length === new Set(counted).size },
});

testRejected(
  // Whoever sends many attempts at once passes with all of them: a hole for brute force.
  [
    'rejected: reading the attempts and then writing them',
    but({ write: 'read-then-write', expires: false }, 1),
    'no more than the limit pass',
    'A reads 0 → B reads 0 → A writes 1 and passes → B writes 1 and passes',
  ],
  // The SDK repeats a request whose reply is lost.
  [
    'rejected: an attempt that does not recognise a repeat of itself',
    strictly(but({ registers: 0, expires: false }, 2)),
    once,
    'attempt of A passes as number 1, the reply is lost → repeat of A passes as number 2',
  ],
  // A late copy of what the old window had would count in the new one.
  [
    'rejected: a new window without the ids of the row that has expired',
    but({ keepsIds: false }, 2),
    once,
    'attempt of A passes as number 1, the reply is lost → the window ends → ' +
      'attempt of B passes as number 1 → repeat of A passes as number 2',
  ],
  // The attempts of the next window are somebody else's.
  [
    'rejected: a refund that does not ask whose window it is',
    but({ refundBy: 'nothing' }, 2),
    'a refund takes nothing of others',
    'attempt of A passes as number 1 → the window ends → attempt of B passes as number 1 → A gives back',
  ],
  // It errs toward refusal: the limit itself always holds.
  [
    'stated: a repeat counts again behind as many other changes as there are registers',
    strictly(but({ expires: false }, 4)),
    once,
    'attempt of A passes as number 1, the reply is lost → attempt of B passes as number 2 → ' +
      'B gives back → repeat of A passes as number 2',
  ],
  // A delete takes the ids with the row: stated, since a row that stays costs storage for ever.
  [
    'stated: a repeat behind a delete counts anew',
    but({ isDeleted: true, expires: false }, Infinity),
    once,
    'attempt of A passes as number 1, the reply is lost → a delete → repeat of A passes as number 1',
  ],
);
