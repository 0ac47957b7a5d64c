import type { Mutant } from '../mutant.js';

const counter = 'packages/dynamo-counter/src';

/** Breakages of the counters. */
export const counterMutants: readonly Mutant[] = [
  {
    name: 'An increment forgets the older set of ids',
    file: `${counter}/requests.ts`,
    find: 'NOT contains(#cur, :id) AND NOT contains(#prev, :id)',
    replace: 'NOT contains(#cur, :id) AND (NOT contains(#prev, :id) OR attribute_exists(#prev))',
    caughtBy: `${counter}/apply-change.test.ts`,
  },
  {
    name: 'An increment is not remembered',
    file: `${counter}/requests.ts`,
    find: "':ids': { SS: [id] }",
    replace: "':ids': { SS: [`not ${id}`] }",
    caughtBy: `${counter}/apply-change.test.ts`,
  },
  {
    name: 'A change passes the upper bound by one',
    file: `${counter}/requests.ts`,
    find: "':max': N(max)",
    replace: "':max': N(max + 1n)",
    caughtBy: `${counter}/counter-rows.test.ts`,
  },
  {
    name: 'An expired counter goes on counting',
    file: `${counter}/requests.ts`,
    find: "'(attribute_not_exists(#expiresAt) OR #expiresAt > :now)'",
    replace: "'(attribute_not_exists(#expiresAt) OR #expiresAt > :now OR #expiresAt <= :now)'",
    caughtBy: `${counter}/counter-rows.test.ts`,
  },
];
