import {
  compressedCodec,
  createTable,
  createTableNaming,
  keysTable,
  type ConnectionOptions,
} from '@x/dynamo-core';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { DynamoLeader } from '@x/dynamo-leader';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { expressStore } from '@x/dynamo-rate-limit/express';
import { fastifyStore } from '@x/dynamo-rate-limit/fastify';
import { honoStore } from '@x/dynamo-rate-limit/hono';
import { nestStorage } from '@x/dynamo-rate-limit/nest';
import { DynamoSemaphore } from '@x/dynamo-semaphore';
import { DynamoSessionStore } from '@x/dynamo-session';
import { describe, expect, test } from 'vitest';

import { everyCall } from './every-subject.js';
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

type Make = (options: object, world: World) => unknown;
type Use = (options: ConnectionOptions) => unknown;

/** What is made with the options of a connection, and a call of it. */
function connected(tableName: string, uses: Readonly<Record<string, Use>>): Record<string, Make> {
  const makes = Object.entries(uses).map(([name, use]): [string, Make] => [
    name,
    (options, world) => use({ ...options, ...world.on(tableName) }),
  ]);
  return Object.fromEntries(makes);
}

const id = { partition: 'p', namespace: 'n', sort: 's' };
const limit = { attemptsMax: 3, windowMs: 60_000 };

const makes: Readonly<Record<string, Make>> = {
  ...connected('keys', {
    KeyValueTable: (options) => new KeyValueTable(options).set('a', 1),
    KeyValueCounter: (options) => new KeyValueCounter(options).incr('a'),
    DynamoSessionStore: (options) =>
      new Promise((resolve) => new DynamoSessionStore(options).get('a', resolve)),
  }),
  ...connected('partitioned_keys', {
    PartitionedKeyValueTable: (options) => new PartitionedKeyValueTable(options).set(id, 1),
    PartitionedKeyValueCounter: (options) => new PartitionedKeyValueCounter(options).incr(id),
    DoOnceManager: (options) => new DoOnceManager(options).doOnce('a', 'b', () => 1),
    LimitedAttempt: (options) => new LimitedAttempt(options).consume(id, limit),
    expressStore: (options) => expressStore(options).increment('c'),
    honoStore: (options) => honoStore(options).increment('c'),
    nestStorage: (options) => nestStorage(options).increment('c', 1_000, 5, 0, 'd'),
    fastifyStore: (options) => {
      const Store = fastifyStore(options);
      return new Promise((resolve) => new Store({}).incr('c', resolve, 1_000, 5));
    },
  }),
  ...connected('locks', {
    DynamoLock: (options) => new DynamoLock(options).tryAcquire('k'),
  }),
  ...connected('semaphores', {
    DynamoSemaphore: (options) => new DynamoSemaphore(options).tryAcquire('k', { n: 1 }),
  }),
  DynamoLeader: (options, world) =>
    new DynamoLeader(new DynamoLock(world.on('locks')), 'k', options).isLeader,
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

  test.each(Object.entries(makes))('for %s', async (_, make) => {
    const traced = async (options: object): Promise<unknown> => {
      const world = new World();
      const made = await world.drive(Promise.resolve().then(() => make(options, world)));
      return { made: plain(made), requests: world.requests };
    };
    const unset = await unsetOptions((options) => make(options, new World()));
    expect(unset).toBeDefined();
    expect(await traced({ ...unset })).toEqual(await traced({}));
  });
});
