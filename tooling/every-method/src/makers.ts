import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { idempotent as express } from '@x/dynamo-idempotency/express';
import { idempotent as fastify } from '@x/dynamo-idempotency/fastify';
import { idempotent as fetching } from '@x/dynamo-idempotency/fetch';
import { idempotent as hono } from '@x/dynamo-idempotency/hono';
import { idempotent as lambda, idempotentBatch } from '@x/dynamo-idempotency/lambda';
import { DynamoPersistenceLayer } from '@x/dynamo-idempotency/powertools';
import { DynamoKeyv } from '@x/dynamo-keyv';
import { DynamoKeyv as DynamoKeyv6 } from '@x/dynamo-keyv/v6';
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
import { dynamoDriver } from '@x/dynamo-unstorage';

import { World } from './world.js';

/** Something that is made with options, or with a table. */
export interface Maker {
  readonly make: (given: never) => unknown;
  /** Makes it on a table with further options, and uses it once. */
  readonly use?: (options: object, world: World) => unknown;
}

const id = { partition: 'p', namespace: 'n', sort: 's' };
const limit = { attemptsMax: 3, windowMs: 60_000 };
const acquire = async (): Promise<void> => {};
const table = (): PartitionedKeyValueTable =>
  new PartitionedKeyValueTable(new World().on('a-table'));

function used<T>(make: (given: never) => T, tableName: string, use: (made: T) => unknown): Maker {
  return {
    make,
    use: (options, world) => use(make({ ...options, ...world.on(tableName) } as never)),
  };
}

const of = 'partitioned_keys';

/** All that is made with options, or with a table. */
export const makers: Readonly<Record<string, Maker>> = {
  KeyValueTable: used(
    (given) => new KeyValueTable(given),
    'keys',
    (kv) => kv.set('a', 1),
  ),
  PartitionedKeyValueTable: used(
    (given) => new PartitionedKeyValueTable(given),
    of,
    (values) => values.set(id, 1),
  ),
  KeyValueCounter: used(
    (given) => new KeyValueCounter(given),
    'keys',
    (made) => made.incr('a'),
  ),
  PartitionedKeyValueCounter: used(
    (given) => new PartitionedKeyValueCounter(given),
    of,
    (made) => made.incr(id),
  ),
  DynamoLock: used(
    (given) => new DynamoLock(given),
    'locks',
    (made) => made.tryAcquire('k'),
  ),
  DynamoSemaphore: used(
    (given) => new DynamoSemaphore(given),
    'semaphores',
    (made) => made.tryAcquire('k', { n: 1 }),
  ),
  DynamoLeader: {
    make: (given) => new DynamoLeader({ acquire } as never, 'key', given),
    use: (options, world) =>
      new DynamoLeader(new DynamoLock(world.on('locks')), 'k', options).isLeader,
  },
  DoOnceManager: used(
    (given) => new DoOnceManager(given),
    of,
    (made) => made.doOnce('a', 'b', () => 1),
  ),
  LimitedAttempt: used(
    (given) => new LimitedAttempt(given),
    of,
    (made) => made.consume(id, limit),
  ),
  'options of DoOnceManager': { make: (given) => new DoOnceManager(table(), given) },
  'options of LimitedAttempt': { make: (given) => new LimitedAttempt(table(), given) },
  expressStore: used(
    (given) => expressStore(given),
    of,
    (made) => made.increment('c'),
  ),
  honoStore: used(
    (given) => honoStore(given),
    of,
    (made) => made.increment('c'),
  ),
  nestStorage: used(
    (given) => nestStorage(given),
    of,
    (made) => made.increment('c', 1_000, 5, 0, 'd'),
  ),
  fastifyStore: used(
    (given) => fastifyStore(given),
    of,
    (Store) => new Promise((resolve) => new Store({}).incr('c', resolve, 1_000, 5)),
  ),
  DynamoSessionStore: used(
    (given) => new DynamoSessionStore(given),
    'keys',
    (made) => new Promise((resolve) => made.get('a', resolve)),
  ),
  DynamoKeyv: used(
    (given) => new DynamoKeyv(given),
    'keys',
    (made) => made.set('a', 'b'),
  ),
  'DynamoKeyv of v6': used(
    (given) => new DynamoKeyv6(given),
    'keys',
    (made) => made.set('a', 'b'),
  ),
  dynamoDriver: used(
    (given) => dynamoDriver(given),
    'keys',
    (made) => made.getItem('a'),
  ),
  'idempotent() of express': { make: (given) => express(async () => {}, given) },
  'idempotent() of fastify': { make: (given) => fastify(async () => {}, given) },
  'idempotent() of hono': { make: (given) => hono(async () => new Response(), given) },
  'idempotent() of fetch': { make: (given) => fetching(async () => new Response(), given) },
  'idempotent() of lambda': { make: (given) => lambda(async () => 1, given) },
  'idempotentBatch()': { make: (given) => idempotentBatch(async () => {}, given) },
  DynamoPersistenceLayer: { make: (given) => new DynamoPersistenceLayer(given) },
};
