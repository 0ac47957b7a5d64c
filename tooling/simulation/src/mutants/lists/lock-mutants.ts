import type { Mutant } from '../mutant.js';

const lock = 'packages/dynamo-lock/src';

/** Breakages of the lock. */
export const lockMutants: readonly Mutant[] = [
  {
    name: 'A release frees a lease that is not its own',
    file: `${lock}/requests.ts`,
    find: "ConditionExpression: '#owner = :owner AND fence = :fence AND expiresAt = heldUntil',",
    replace:
      "ConditionExpression: 'attribute_exists(fence) OR (#owner = :owner AND fence = :fence)',",
    caughtBy: `${lock}/held-lock.test.ts`,
  },
  {
    name: 'A late renewal shortens the lease',
    file: `${lock}/requests.ts`,
    find: 'expiresAt = heldUntil AND expiresAt <= :expiresAt',
    replace: 'expiresAt = heldUntil',
    caughtBy: `${lock}/renewal.test.ts`,
  },
  {
    name: 'A renewal overlooks a takeover by a client of the original',
    file: `${lock}/requests.ts`,
    find: 'expiresAt = heldUntil AND expiresAt <= :expiresAt',
    replace: 'expiresAt <= :expiresAt',
    caughtBy: 'packages/dynamo-lock/test/mixed-fleet.conformance.test.ts',
  },
  {
    name: 'A late copy of an acquisition takes the lock for nobody',
    file: `${lock}/requests.ts`,
    find: '(expiresAt <= :cut AND NOT releasedBy = :owner)',
    replace: 'expiresAt <= :cut',
    caughtBy: `${lock}/try-acquire.test.ts`,
  },
  {
    name: 'The tolerance for the clocks is not kept',
    file: `${lock}/requests.ts`,
    find: 'Math.floor((nowMs - skewToleranceMs) / 1000)',
    replace: 'Math.floor(nowMs / 1000)',
    caughtBy: `${lock}/try-acquire.test.ts`,
  },
  {
    name: 'The fence does not grow',
    file: `${lock}/requests.ts`,
    find: "':one': N(1)",
    replace: "':one': N(0)",
    caughtBy: `${lock}/operators.test.ts`,
  },
];
