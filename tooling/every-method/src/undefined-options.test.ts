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

import { everySubject } from './every-subject.js';
import { plain } from './plain.js';
import { everyCall, invoke } from './subject.js';
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

const calls = everyCall(everySubject).filter(([, , , { args }]) =>
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

  type Make = (options: object, world: World) => unknown;
  const [keys, partitioned] = ['keys', 'partitioned_keys'];
  const id = { partition: 'p', namespace: 'n', sort: 's' };
  const limit = { attemptsMax: 3, windowMs: 60_000 };
  const connected = (make: (options: ConnectionOptions) => unknown, tableName: string): Make => {
    return (options, { connection }) => make({ ...options, ...connection, tableName });
  };
  const lock = connected((options) => new DynamoLock(options).tryAcquire('k'), 'locks');

  test.each<[string, Make]>([
    ['KeyValueTable', connected((options) => new KeyValueTable(options).set('a', 1), keys)],
    [
      'PartitionedKeyValueTable',
      connected((options) => new PartitionedKeyValueTable(options).set(id, 1), partitioned),
    ],
    ['KeyValueCounter', connected((options) => new KeyValueCounter(options).incr('a'), keys)],
    [
      'PartitionedKeyValueCounter',
      connected((options) => new PartitionedKeyValueCounter(options).incr(id), partitioned),
    ],
    ['DynamoLock', lock],
    [
      'DynamoSemaphore',
      connected((options) => new DynamoSemaphore(options).tryAcquire('k', { n: 1 }), 'semaphores'),
    ],
    [
      'DoOnceManager',
      connected((options) => new DoOnceManager(options).doOnce('a', 'b', () => 1), partitioned),
    ],
    [
      'LimitedAttempt',
      connected((options) => new LimitedAttempt(options).consume(id, limit), partitioned),
    ],
    [
      'DynamoSessionStore',
      connected((options) => {
        const store = new DynamoSessionStore(options);
        return new Promise((resolve) => store.get('a', resolve));
      }, keys),
    ],
    ['expressStore', connected((options) => expressStore(options).increment('c'), partitioned)],
    ['honoStore', connected((options) => honoStore(options).increment('c'), partitioned)],
    [
      'nestStorage',
      connected((options) => nestStorage(options).increment('c', 1_000, 5, 0, 'd'), partitioned),
    ],
    [
      'fastifyStore',
      connected((options) => {
        const Store = fastifyStore(options);
        const store = new Store({});
        return new Promise((resolve) => store.incr('c', resolve, 1_000, 5));
      }, partitioned),
    ],
    [
      'DynamoLeader',
      (options, { connection }) =>
        new DynamoLeader(new DynamoLock({ ...connection, tableName: 'locks' }), 'k', options)
          .isLeader,
    ],
    ['createTable', (options, { memory }) => createTable(memory, keysTable, 'more', options)],
    ['createTableNaming', (options) => Object.keys(createTableNaming({ ...options, prefix: 'a' }))],
    ['compressedCodec', (options) => compressedCodec(options).encode({ a: 1 }, 'k')],
  ])('for %s', async (_, make) => {
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
