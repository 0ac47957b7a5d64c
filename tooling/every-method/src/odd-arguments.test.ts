import { InvalidInputError } from '@x/dynamo-core';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';

import { bySubject, eachCall, everyCall, invoke } from './subject.js';
import { counters } from './subjects/counters.js';
import { leases } from './subjects/leases.js';
import { onceAndLimits } from './subjects/once-and-limits.js';
import { values } from './subjects/values.js';
import { withoutStacks } from './without-stacks.js';
import { World } from './world.js';

withoutStacks();

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
test.each(bySubject(everyCall(primitives)))(
  '%s says by name which argument it cannot take',
  async (_title, calls) => {
    await eachCall(calls, async ({ open }, method, { args }) => {
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
    });
  },
);
