import {
  assertTableNameValid,
  dynamoAssign,
  InvalidInputError,
  keysTable,
  mappedTable,
  pinoLogger,
  schemaCodec,
  toCloudFormation,
} from '@x/dynamo-core';
import { fenceCondition } from '@x/dynamo-lock';
import { rateLimitHeaders } from '@x/dynamo-rate-limit/headers';
import { inspect } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';

import { everySubject } from './every-subject.js';
import { callsOf, invoke, testEach } from './subject.js';
import { counters } from './subjects/counters.js';
import { leases } from './subjects/leases.js';
import { onceAndLimits } from './subjects/once-and-limits.js';
import { values } from './subjects/values.js';
import { World } from './world.js';

/** What JavaScript lets through where the types do not. */
const odd: readonly unknown[] = [
  undefined,
  null,
  'text',
  5,
  Symbol('odd'),
  {},
  new Set(['a']),
  [null],
  [undefined],
];

/** What people call themselves. The adapters are called by their frameworks, which check. */
const primitives = [...values, ...counters, ...leases, ...onceAndLimits].filter(
  // Its argument is for the function of the caller.
  ({ title }) => title !== 'DoOnceManager.once()',
);

// A TypeError out of the depths says neither what was wrong nor what to pass.
testEach(
  '%s says by name which argument it cannot take',
  callsOf(primitives),
  async ({ open }, method, { args }) => {
    const world = new World();
    const opened = await open(world, 'a');
    const given = args({ options: {}, text: 'a' });
    for (const position of given.keys()) {
      for (const one of odd) {
        const call = invoke(opened, method, given.with(position, one));
        const error = await world.drive(
          call.then(() => undefined).catch((thrown: unknown) => thrown),
        );
        const isBare = error instanceof TypeError && !(error instanceof InvalidInputError);
        const what = `${inspect(one)} as argument ${position + 1}: ${String(error)}`;
        expect(isBare, what).toBe(false);
      }
    }
  },
);

/** What is none of what a constructor takes, and what the error names. */
const oddConnections: readonly (readonly [option: string, value: unknown, field?: string])[] = [
  ['clock', {}],
  ['clock', 'now'],
  ['clock', { now: Date.now, monotonic: Date.now }],
  ['monitoring', 5],
  ['monitoring', { loger: console }, 'loger'],
  ['monitoring', { logger: 'console' }, 'logger'],
  ['monitoring', { metrics: 5 }, 'metrics'],
];
const noRandom = [['random', {}] as const, ['random', null] as const];

test.each(everySubject.map((described) => [described.title, described] as const))(
  '%s is not made with a clock, monitoring or randomness that is none',
  async (title, { open }) => {
    // The original has no randomness to be passed.
    const odd = [...oddConnections, ...(title.startsWith('compat') ? [] : noRandom)];
    for (const [option, value, field = option] of odd) {
      const world = new World();
      const connection = { ...world.connection, [option]: value };
      Object.defineProperty(world, 'connection', { value: connection });
      const opened = Promise.resolve().then(() => open(world, 'a'));
      await expect(opened, inspect(value)).rejects.toMatchObject({
        name: 'InvalidInputError',
        field,
      });
    }
  },
);

afterEach(() => vi.unstubAllEnvs());

const functions: readonly (readonly [name: string, call: (odd: never) => unknown])[] = [
  ['assertTableNameValid()', (name) => assertTableNameValid(name)],
  ['dynamoAssign()', (constructor) => dynamoAssign(constructor, {})],
  ['mappedTable()', (definition) => mappedTable(definition, {})],
  ['mappedTable() with mappings', (mappings) => mappedTable(keysTable, Object(mappings))],
  ['pinoLogger()', (pino) => pinoLogger(Object(pino) === pino ? (undefined as never) : pino)],
  ['schemaCodec()', (schema) => schemaCodec(schema)],
  ['toCloudFormation()', (definition) => toCloudFormation(definition)],
  ['toCloudFormation() with a name', (name) => toCloudFormation(keysTable, name)],
  ['fenceCondition()', (held) => fenceCondition(held)],
  ['rateLimitHeaders()', (result) => rateLimitHeaders(result)],
];

test.each(functions)('%s says by name which argument it cannot take', (name, call) => {
  vi.stubEnv('PARADOX_ENV', 'dev');
  const given = name.includes('mappings') ? [{ partitionKeyFieldNam: 'id' }] : odd;
  // What stands for none, and what is right.
  const wrong = given.filter(
    (one) => !(name.includes('name') && (one === undefined || one === 'text')),
  );
  for (const one of wrong)
    expect(() => call(one as never), inspect(one)).toThrow(InvalidInputError);
});
