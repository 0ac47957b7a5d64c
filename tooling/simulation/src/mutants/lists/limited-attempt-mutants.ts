import type { Mutant } from '../mutant.js';

const limited = 'packages/dynamo-limited-attempt';
const algorithms = `${limited}/src/algorithms`;

/** Breakages of the limits. */
export const limitedAttemptMutants: readonly Mutant[] = [
  {
    // What the original does: parallel attempts all see the room that only one of them has.
    name: 'An attempt reads the row and writes it whatever it has become',
    file: `${limited}/src/requests.ts`,
    find: "? 'r0 = :newest'",
    replace: "? '(r0 = :newest OR attribute_exists(r0))'",
    caughtBy: `${limited}/test/limited-attempt.sim.test.ts`,
    test: 'slidingLog attempt\\(\\) admits one in each window',
  },
  {
    name: 'A window is not asked whether it has room',
    file: `${algorithms}/windows.ts`,
    find: '(#windowStart > :floor AND #attempts <= :room))',
    replace: '(#windowStart > :floor AND (#attempts <= :room OR #attempts > :room)))',
    caughtBy: `${limited}/src/limited-attempt.test.ts`,
    test: 'fixedWindow attempt\\(\\) of 100 clients',
  },
  {
    name: 'A repeated attempt does not recognise itself',
    file: `${limited}/src/take-attempt.ts`,
    find: 'isMine: (item) => hasChanged(item, id)',
    replace: 'isMine: (item) => hasChanged(item, `not ${id}`)',
    caughtBy: `${limited}/test/limited-attempt.sim.test.ts`,
    test: 'fixedWindow attempt\\(\\) admits and counts',
  },
  {
    name: 'A row remembers its latest change only',
    file: `${limited}/src/attempt-row.ts`,
    find: 'const idsMax = 16;',
    replace: 'const idsMax = 1;',
    caughtBy: `${limited}/test/limited-attempt.sim.test.ts`,
    test: 'fixedWindow attempt\\(\\) admits and counts',
  },
  {
    name: 'A window that is over goes on',
    file: `${algorithms}/windows.ts`,
    find: 'startMs + validityMs <= nowMs',
    replace: 'startMs + 2 * validityMs <= nowMs',
    caughtBy: `${limited}/test/limited-attempt.property.test.ts`,
    test: 'fixedWindow admits what a plain model admits',
  },
  {
    name: 'A bucket that is full gets tokens for the time it was full',
    file: `${algorithms}/token-bucket.ts`,
    find: '(#fullAt > :now AND #fullAt <= :latest)',
    replace: '#fullAt <= :latest',
    caughtBy: `${limited}/test/limited-attempt.property.test.ts`,
    test: 'tokenBucket admits what a plain model admits',
  },
  {
    name: 'A sliding counter forgets the window before',
    file: `${algorithms}/sliding-counter.ts`,
    find: 'if (storedMs < start) return { attempts: 0, before: attempts,',
    replace: 'if (storedMs < start) return { attempts: 0, before: 0 * attempts,',
    caughtBy: `${limited}/test/limited-attempt.property.test.ts`,
    test: 'slidingCounter admits what a plain model admits',
  },
  {
    name: 'A clear deletes a window that is not its own',
    file: `${limited}/src/requests.ts`,
    find: "      ConditionExpression: '#window = :window',",
    replace: "      ConditionExpression: '#window = :window OR attribute_exists(#window)',",
    caughtBy: `${limited}/src/limited-attempt.test.ts`,
    test: 'clear\\(\\) forgets its own window only',
  },
  {
    name: 'What the original stored is not looked at',
    file: `${limited}/src/requests.ts`,
    find: "'(attribute_exists(r0) OR attribute_not_exists(#data))'",
    replace: "'(attribute_exists(r0) OR attribute_not_exists(r0) OR attribute_exists(#data))'",
    caughtBy: `${limited}/test/original-rows.conformance.test.ts`,
    test: 'goes on with its window',
  },
];
