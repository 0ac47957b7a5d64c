import type { Mutant } from '../mutant.js';

const src = 'packages/dynamo-core/src';

/** Breakages of what all primitives share. */
export const coreMutants: readonly Mutant[] = [
  {
    name: 'A conditional write does not recognise itself',
    file: `${src}/conditional-write.ts`,
    find: 'item !== undefined && isMine?.(item) === true',
    replace: 'item !== undefined && isMine === undefined',
    caughtBy: `${src}/conditional-write.test.ts`,
  },
  {
    name: 'A row that the error does not hold is not read back',
    file: `${src}/conditional-write.ts`,
    find: 'if (key === undefined) return undefined;',
    replace: 'if (key !== undefined) return undefined;',
    caughtBy: `${src}/conditional-write.test.ts`,
  },
  {
    name: 'An empty page ends a listing',
    file: `${src}/pages.ts`,
    find: 'from = output.LastEvaluatedKey;',
    replace: 'from = output.Items?.length === 0 ? undefined : output.LastEvaluatedKey;',
    caughtBy: `${src}/pages.test.ts`,
  },
  {
    name: 'What a batch leaves unprocessed is dropped',
    file: `${src}/batches.ts`,
    find: 'if (again.size === 0) return;',
    replace: 'if (again.size >= 0) return;',
    caughtBy: `${src}/batches.test.ts`,
  },
  {
    name: 'The pauses between attempts have no jitter',
    file: `${src}/backoff.ts`,
    find: 'random.unit() * Math.min',
    replace: 'Math.min',
    caughtBy: `${src}/backoff.test.ts`,
  },
  {
    name: 'A change is computed from an eventually consistent read',
    file: `${src}/change-value.ts`,
    find: 'getRow(target, true)',
    replace: 'getRow(target, false)',
    caughtBy: `${src}/change-value.test.ts`,
  },
  {
    name: 'A renewal revives a lease that has ended',
    file: `${src}/lease.ts`,
    find: '      this.assertHeld();\n      if (answer',
    replace: '      if (answer',
    caughtBy: `${src}/lease.test.ts`,
  },
  {
    name: 'A lease goes by the wall clock alone',
    file: `${src}/lease.ts`,
    find: 'Math.min(rowMs - latestMs(clock), monotonicMs - clock.monotonic())',
    replace: 'rowMs - latestMs(clock) + 0 * monotonicMs',
    caughtBy: `${src}/lease.test.ts`,
  },
  {
    name: 'A lease goes by the monotonic clock alone',
    file: `${src}/lease.ts`,
    find: 'Math.min(rowMs - latestMs(clock), monotonicMs - clock.monotonic())',
    replace: 'monotonicMs - clock.monotonic() + 0 * rowMs',
    caughtBy: `${src}/lease.test.ts`,
  },
  {
    name: 'A renewal that the condition refused extends the lease',
    file: `${src}/lease.ts`,
    find: "if (answer === 'renewed') this.#move(end, leaseMs);",
    replace: 'this.#move(end, leaseMs);',
    caughtBy: `${src}/lease.test.ts`,
  },
  {
    name: 'A takeover is judged by the machine’s clock alone',
    file: `${src}/lease.ts`,
    find: 'Math.floor(machineMs + clock.offsetMs().earliest)',
    replace: 'Math.floor(machineMs)',
    caughtBy: `${src}/lease.test.ts`,
  },
];
