import type { Mutant } from '../mutant.js';

const counter = 'packages/dynamo-counter/src';
const tests = 'packages/dynamo-counter/test';

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
    find: '{ SS: [id] }',
    replace: '{ SS: [`not ${id}`] }',
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
  {
    name: 'An increment is a bare ADD',
    file: `${counter}/counter-rows.ts`,
    find: 'if (this.#options.exactlyOnce !== false) return operationId(token, this.#rows.random);',
    replace: 'if (token !== undefined) return operationId(token, this.#rows.random);',
    caughtBy: `${tests}/counters.property.test.ts`,
    test: 'equals its model',
  },
  {
    name: 'A set of ids is turned one change too early',
    file: `${counter}/counter-rows.ts`,
    find: 'changesRemembered + 1;',
    replace: 'changesRemembered;',
    caughtBy: `${tests}/counters.property.test.ts`,
    test: 'equals its model',
  },
  {
    name: 'A set of ids is turned whether it is full or not',
    file: `${counter}/requests.ts`,
    find: "'size(#cur) >= :full'",
    replace: "'size(#cur) >= :full OR attribute_exists(#cur)'",
    caughtBy: `${tests}/counters.property.test.ts`,
    test: 'equals its model',
  },
  {
    name: 'A counter that starts over forgets the ids',
    file: `${counter}/requests.ts`,
    find: 'const gone = valueNames.map((_, index) => `#gone${index}`);',
    replace: "const gone = [...valueNames.map((_, index) => `#gone${index}`), '#prev'];",
    caughtBy: `${counter}/apply-change.test.ts`,
    test: 'started over since',
  },
  {
    name: 'Setting a count is not remembered',
    file: `${counter}/counter-rows.ts`,
    find: 'id: this.#id(options.token),',
    replace: 'id: undefined,',
    caughtBy: `${tests}/counters.sim.test.ts`,
    test: 'is not repeated over',
  },
  {
    name: 'The marker of a token is not looked at',
    file: `${counter}/requests.ts`,
    find: 'ConditionExpression: `attribute_not_exists(#key) OR ${over.expression}`',
    replace:
      'ConditionExpression: `attribute_not_exists(#key) OR attribute_exists(#key) OR ${over.expression}`',
    caughtBy: `${tests}/counters.sim.test.ts`,
    test: 'with a row of its own',
  },
  {
    name: 'A count past 2^53 is rounded',
    file: `${counter}/count-mode.ts`,
    find: 'number: BigInt(Number.MAX_SAFE_INTEGER),',
    replace: 'number: BigInt(Number.MAX_SAFE_INTEGER) * 4n,',
    caughtBy: `${tests}/counters.property.test.ts`,
    test: 'mode number',
  },
];
