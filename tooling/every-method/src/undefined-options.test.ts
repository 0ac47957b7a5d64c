import { compressedCodec, createTable, createTableNaming, keysTable } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { everyCall } from './every-subject.js';
import { makers } from './makers.js';
import { plain } from './plain.js';
import { invoke } from './subject.js';
import { traceOf } from './trace.js';
import { World } from './world.js';

/** No option has this name: whoever is given it says which there are. */
const noOption = 'qqqqqqqq';

/** All options that there are, as `undefined`; `undefined` where none are taken. */
async function unsetOptions(
  use: (options: object) => unknown,
): Promise<Record<string, undefined> | undefined> {
  const message = await Promise.resolve(noOption)
    .then((name) => use({ [name]: 1 }))
    .then(String, (error: unknown) =>
      String(error instanceof AggregateError ? error.errors : error),
    );
  const names = /the options are ([\w, ]+)/.exec(message)?.[1]?.split(', ');
  return names && Object.fromEntries(names.map((name) => [name, undefined]));
}

const uses: Readonly<Record<string, (options: object, world: World) => unknown>> = {
  ...Object.fromEntries(
    Object.entries(makers).flatMap(([name, { use }]) => (use ? [[name, use]] : [])),
  ),
  createTable: (options, { memory }) => createTable(memory, keysTable, 'more', options),
  createTableNaming: (options) => Object.keys(createTableNaming({ ...options, prefix: 'a' })),
  compressedCodec: (options) => compressedCodec(options).encode({ a: 1 }, 'k'),
};

const calls = everyCall.filter(([, , , { args }]) =>
  args({ options: { [noOption]: 1 } as object, text: 'a' }).some(hasNoOption),
);

function hasNoOption(part: unknown): boolean {
  return typeof part === 'object' && part !== null && noOption in part;
}

describe('an option that is undefined is as one that is left out,', () => {
  test.each(calls)('for %s', async (_, subject, method, { args }) => {
    const opened = await subject.open(new World(), 'a');
    const asking = (options: object): readonly unknown[] => args({ options, text: 'a' });
    const unset = await unsetOptions((options) => invoke(opened, method, asking(options)));
    expect(unset).toHaveProperty('signal');
    const at = asking({ [noOption]: 1 }).findIndex(hasNoOption);
    const plain = asking({});
    const given = plain.with(at, { ...unset, ...(plain[at] as object) });
    expect(await traceOf(subject, method, given)).toEqual(await traceOf(subject, method, plain));
  });

  test.each(Object.entries(uses))('for %s', async (_, use) => {
    const traced = async (options: object): Promise<unknown> => {
      const world = new World();
      const made = await world.drive(Promise.resolve().then(() => use(options, world)));
      return { made: plain(made), requests: world.requests };
    };
    const unset = await unsetOptions((options) => use(options, new World()));
    expect(unset).toBeDefined();
    expect(await traced({ ...unset })).toEqual(await traced({}));
  });
});

// A second look could see another value, and a copy would leave out what a class has.
describe('an option of a class is looked at once', () => {
  test.each(Object.entries(makers))('by %s', async (_, { make }) => {
    const unset = await unsetOptions((options) => make(options as never));
    const given = { ...unset, ...(unset && 'tableName' in unset && new World().on('keys')) };
    const read: string[] = [];
    const accessors = Object.entries(given).map(([name, value]) => {
      const get = (): unknown => (read.push(name), value);
      return [name, { get }] as const;
    });
    make(Object.create(Object.defineProperties({}, Object.fromEntries(accessors))) as never);
    expect(read.toSorted()).toEqual(Object.keys(given).toSorted());
  });
});
