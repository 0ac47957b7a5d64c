import {
  compressedCodec,
  createTable,
  createTableNaming,
  keysTable,
  type ConnectionOptions,
} from '@x/dynamo-core';
import { DynamoLeader } from '@x/dynamo-leader';
import { DynamoLock } from '@x/dynamo-lock';
import { describe, expect, test } from 'vitest';

import { everyCall, everySubject } from './every-subject.js';
import { makers } from './makers.js';
import { plain } from './plain.js';
import { callsOf, invoke, type Subject, type TitledCall } from './subject.js';
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

/** A world in which all that is made gets these options, too. */
class WorldWith extends World {
  readonly #options: object;
  constructor(options: object) {
    super();
    this.#options = options;
  }
  override on(tableName: string): ConnectionOptions {
    return { ...this.#options, ...super.on(tableName) };
  }
}

type Use = (world: World, options: object) => unknown;

/** Makes a subject, and calls its first method. */
function useOf(subject: Subject): Use {
  const [[, { open }, method, { args }]] = callsOf([subject]) as [TitledCall];
  return async (world) => invoke(await open(world, 'a'), method, args({ options: {}, text: 'a' }));
}

// Compat has the options of the original; the parts of the others differ in theirs.
const subjects = everySubject.filter(({ title }) => !/^compat|Leader|idempotent/.test(title));

const uses: Readonly<Record<string, Use>> = {
  ...Object.fromEntries(subjects.map((subject) => [subject.title, useOf(subject)])),
  DynamoLeader: (_, options) =>
    new DynamoLeader(new DynamoLock(new World().on('locks')), 'k', options).isLeader,
  createTable: ({ memory }, options) => createTable(memory, keysTable, 'more', options),
  createTableNaming: (_, options) => Object.keys(createTableNaming({ ...options, prefix: 'a' })),
  compressedCodec: (_, options) => compressedCodec(options).encode({ a: 1 }, 'k'),
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
      const world = new WorldWith(options);
      const made = await world.drive(Promise.resolve().then(() => use(world, options)));
      return { made: plain(made), requests: world.requests };
    };
    const unset = await unsetOptions((options) => use(new WorldWith(options), options));
    expect(unset).toBeDefined();
    expect(await traced({ ...unset })).toEqual(await traced({}));
  });
});

// A second look could see another value, and a copy would leave out what a class has.
describe('an option of a class is looked at once', () => {
  test.each(Object.entries(makers))('by %s', async (_, make) => {
    const unset = await unsetOptions((options) => make(options as never));
    const given = { ...unset, ...(unset && 'tableName' in unset && new World().on('keys')) };
    const read: string[] = [];
    const accessors = Object.entries(given).map(([name, value]) => {
      const get = (): unknown => (read.push(name), value);
      return [name, { get }] as const;
    });
    const options = Object.create(Object.defineProperties({}, Object.fromEntries(accessors)));
    // Where it also sends something, that may be for another table.
    await Promise.resolve(make(options as never)).catch(() => undefined);
    expect(read.toSorted()).toEqual(Object.keys(given).toSorted());
  });
});
