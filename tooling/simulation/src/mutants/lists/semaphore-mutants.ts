import type { Mutant } from '../mutant.js';

const semaphore = 'packages/dynamo-semaphore';

/** Breakages of the semaphore. */
export const semaphoreMutants: readonly Mutant[] = [
  {
    name: 'A late copy of an acquisition takes a place for nobody',
    file: `${semaphore}/src/requests.ts`,
    find: '(attribute_not_exists(taken) OR taken < :n) AND attribute_not_exists(#end) AND ${parts.isNew}`',
    replace:
      '(attribute_not_exists(taken) OR taken < :n) AND attribute_not_exists(#end) AND (attribute_exists(taken) OR ${parts.isNew})`',
    caughtBy: `${semaphore}/src/dynamo-semaphore.test.ts`,
  },
  {
    name: 'A release that is repeated gives a place back twice',
    file: `${semaphore}/src/requests.ts`,
    find: "ConditionExpression: 'attribute_exists(#end)',",
    replace: "ConditionExpression: 'attribute_exists(taken)',",
    caughtBy: `${semaphore}/test/dynamo-semaphore.sim.test.ts`,
    test: 'never lets more than n',
  },
  {
    name: 'A repeat of an acquisition has the fence of who came in between',
    file: `${semaphore}/src/acquire.ts`,
    find: 'numberOf(item, fenceName(id))',
    replace: "numberOf({ ...item, [fenceName(id)]: item?.['fence'] ?? {} }, fenceName(id))",
    caughtBy: `${semaphore}/test/dynamo-semaphore.sim.test.ts`,
    test: 'never lets more than n',
  },
];
