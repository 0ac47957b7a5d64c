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
  {
    name: 'A lease is reckoned from the answer',
    file: `${lock}/attempt-lock.ts`,
    find: 'const deadline = later(start,',
    replace: 'const deadline = later(instantOf(clock),',
    caughtBy: `${lock}/held-lock.test.ts`,
  },
  {
    name: 'A lease that an earlier attempt took is reckoned from the later one',
    file: `${lock}/attempt-lock.ts`,
    find: 'Math.min(leaseMs, expiresAt * 1000 - start.wallMs)',
    replace: 'Math.max(leaseMs, expiresAt)',
    caughtBy: `${lock}/acquire.test.ts`,
  },
  {
    name: 'A call without an answer gives nothing back',
    file: `${lock}/attempt-lock.ts`,
    find: 'if (mayBeApplied(error)) await',
    replace: 'if (!mayBeApplied(error)) await',
    caughtBy: `${lock}/try-acquire.test.ts`,
  },
  {
    name: 'A renewal revives a lease that has ended',
    file: `${lock}/tenure.ts`,
    find: '    this.assertHeld();\n    this.#failure = undefined;',
    replace: '    this.#failure = undefined;',
    caughtBy: `${lock}/renewal.test.ts`,
  },
  {
    name: 'A lease goes by the wall clock alone',
    file: `${lock}/instant.ts`,
    find: 'return Math.min(wallMs - clock.now(), monotonicMs - clock.monotonic());',
    replace: 'return wallMs - clock.now() + 0 * monotonicMs;',
    caughtBy: `${lock}/held-lock.test.ts`,
  },
  {
    name: 'A release does not recognise itself behind the next holder',
    file: `${lock}/held-lock.ts`,
    find: 'readLockRow(item).releasedBy === this.#holding.owner',
    replace: 'readLockRow(item).owner === this.#holding.owner',
    caughtBy: `${lock}/held-lock.test.ts`,
  },
  {
    name: 'The row ends before the lease does',
    file: `${lock}/requests.ts`,
    find: 'Math.ceil((nowMs + leaseMs) / 1000)',
    replace: 'Math.floor((nowMs + leaseMs) / 1000)',
    caughtBy: 'packages/dynamo-lock/test/dynamo-lock.property.test.ts',
  },
  {
    name: 'An acquisition overlooks that the lease of another runs',
    file: `${lock}/requests.ts`,
    find: 'return Math.floor((nowMs - skewToleranceMs) / 1000);',
    replace: 'return Math.floor((nowMs - skewToleranceMs) / 1000) + 3;',
    caughtBy: 'packages/dynamo-lock/test/dynamo-lock.sim.test.ts',
    test: 'three clients never hold',
  },
  {
    name: 'A fenced write lets smaller fences through',
    file: `${lock}/fence-condition.ts`,
    find: '#lockFence <= :lockFence)',
    replace: '#lockFence <> :lockFence)',
    caughtBy: 'packages/dynamo-lock/test/dynamo-lock.sim.test.ts',
    test: 'with clocks beyond the tolerance',
  },
];
