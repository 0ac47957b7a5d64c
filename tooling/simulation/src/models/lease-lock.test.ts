import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { testRejected } from './rejected.js';
import { leaseLock, type LockDesign, type LockScope } from './lease-lock.js';

const chosen: LockDesign = {
  releaseChecksOwner: true,
  releaseKeepsRow: true,
  renewChecksExpiry: true,
  checksTakeover: true,
  resourceChecksFence: true,
  checksAnswer: true,
  restoresPrior: true,
};
const withOriginal: LockScope = {
  nowMax: 4,
  fencesMax: 3,
  inFlightMax: 1,
  kinds: ['release', 'write', 'renew'],
  original: true,
};
const alone: LockScope = { ...withOriginal, original: false };
/** The clock of B is ahead by more than a lease, or behind by as much, until its first answer. */
const ahead: LockScope = { ...alone, kinds: ['release', 'renew'], ahead: 3 };
const behind: LockScope = { ...ahead, ahead: -2 };
const twoRenewals: LockScope = { ...alone, inFlightMax: 2, kinds: ['release', 'renew'] };

test.each([
  ['beside a client of the original', withOriginal, 7327],
  ['with two renewals under way', twoRenewals, 12_298],
  ['where a clock is ahead until its first answer', ahead, 4048],
  ['where a clock is behind until its first answer', behind, 2695],
])('the lock keeps its promises in every state, %s', (_, scope, states) => {
  const result = checkModel(leaseLock(chosen, scope));
  expect(result).toEqual({ violated: undefined, trace: [], states });
});

const but = (change: Partial<LockDesign>, scope: LockScope) =>
  leaseLock({ ...chosen, ...change }, scope);
const oneHolder = 'at most one holder';

testRejected(
  // A clock that is ahead finds every lease over; one that is behind writes an end that has passed.
  [
    'rejected: an acquisition that does not check its answer, ahead',
    but({ checksAnswer: false }, ahead),
    oneHolder,
    'A acquires with fence 1 until 2 → B acquires with fence 2 until 5 → B is answered',
  ],
  [
    'rejected: an acquisition that does not check its answer, behind',
    but({ checksAnswer: false }, behind),
    oneHolder,
    'B acquires with fence 1 until 0 → A acquires with fence 2 until 2 → B is answered',
  ],
  [
    'rejected: a takeover that is given back as a free lock',
    but({ restoresPrior: false }, ahead),
    oneHolder,
    'A acquires with fence 1 until 2 → B acquires with fence 2 until 5 → ' +
      'B is answered: too early, and sends give back of fence 2 → ' +
      'give back of fence 2 of B arrives → B acquires with fence 3 until 2',
  ],
  // A holder whose lease is over does not know whether somebody has the lock since, perhaps itself.
  [
    'rejected: a release that does not check whose lease it frees',
    but({ releaseChecksOwner: false }, alone),
    oneHolder,
    'A acquires with fence 1 until 2 → time 1 → A sends release of fence 1 → time 2 → ' +
      'A acquires with fence 2 until 4 → release of fence 1 of A arrives → ' +
      'B acquires with fence 3 until 4',
  ],
  // The lock alone cannot stop a write that is already on its way: only who receives it can.
  [
    'rejected: a resource that does not look at the fence',
    but({ resourceChecksFence: false }, alone),
    'no stale write',
    'A acquires with fence 1 until 2 → time 1 → A sends write of fence 1 → time 2 → ' +
      'B acquires with fence 2 until 4 → B sends write of fence 2 → ' +
      'write of fence 2 of B arrives → write of fence 1 of A arrives',
  ],
  // The next holder begins at fence 1 again, and the resource refuses it or trusts an old write.
  [
    'rejected: a release that deletes the row',
    but({ releaseKeepsRow: false }, alone),
    'no fence is given twice',
    'A acquires with fence 1 until 2 → A sends release of fence 1 → ' +
      'release of fence 1 of A arrives → A acquires with fence 1 until 2',
  ],
  // A renewal that was stuck in the network shortens a lease which a later one had extended.
  [
    'rejected: a renewal that does not check whether the lease already ends later',
    but({ renewChecksExpiry: false }, twoRenewals),
    oneHolder,
    'A acquires with fence 1 until 2 → A sends renew until 2 → time 1 → A sends renew until 3 → ' +
      'renew until 3 of A arrives → time 2 → renew until 2 of A arrives → ' +
      'B acquires with fence 2 until 4',
  ],
  // The original writes nothing but the expiry, so that owner and fence still look like ours.
  [
    'rejected: owner and fence alone as proof that nobody else has taken the lock',
    but({ checksTakeover: false }, withOriginal),
    oneHolder,
    'A acquires with fence 1 until 2 → time 1 → A sends release of fence 1 → time 2 → ' +
      'O acquires until 4 → release of fence 1 of A arrives → A acquires with fence 2 until 4',
  ],
);
