import { inspect } from 'node:util';

import {
  KeyValueCounter,
  KeyValueScopedCounter,
  PartitionedKeyValueCounter,
} from '@x/dynamo-counter';
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
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { World } from './world.js';

const acquire = async (): Promise<void> => {};

function table(): PartitionedKeyValueTable {
  return new PartitionedKeyValueTable(new World().on('a-table'));
}

/** All that is made with options, or with a table. */
const makers: Readonly<Record<string, (given: never) => unknown>> = {
  KeyValueTable: (given) => new KeyValueTable(given),
  PartitionedKeyValueTable: (given) => new PartitionedKeyValueTable(given),
  KeyValueCounter: (given) => new KeyValueCounter(given),
  PartitionedKeyValueCounter: (given) => new PartitionedKeyValueCounter(given),
  DynamoLock: (given) => new DynamoLock(given),
  DynamoSemaphore: (given) => new DynamoSemaphore(given),
  DynamoLeader: (given) => new DynamoLeader({ acquire } as never, 'key', given),
  DoOnceManager: (given) => new DoOnceManager(given),
  LimitedAttempt: (given) => new LimitedAttempt(given),
  'options of DoOnceManager': (given) => new DoOnceManager(table(), given),
  'options of LimitedAttempt': (given) => new LimitedAttempt(table(), given),
  expressStore: (given) => expressStore(given),
  fastifyStore: (given) => fastifyStore(given),
  honoStore: (given) => honoStore(given),
  nestStorage: (given) => nestStorage(given),
  DynamoSessionStore: (given) => new DynamoSessionStore(given),
  DynamoKeyv: (given) => new DynamoKeyv(given),
  'DynamoKeyv of v6': (given) => new DynamoKeyv6(given),
  dynamoDriver: (given) => dynamoDriver(given),
  'idempotent() of express': (given) => express(async () => {}, given),
  'idempotent() of fastify': (given) => fastify(async () => {}, given),
  'idempotent() of hono': (given) => hono(async () => new Response(), given),
  'idempotent() of fetch': (given) => fetching(async () => new Response(), given),
  'idempotent() of lambda': (given) => lambda(async () => 1, given),
  'idempotentBatch()': (given) => idempotentBatch(async () => {}, given),
  DynamoPersistenceLayer: (given) => new DynamoPersistenceLayer(given),
};

/** What takes any object with the methods that it calls. */
const makersWithMethods: typeof makers = {
  KeyValueScopedCounter: (given) => new KeyValueScopedCounter(String, given),
  'the lock of DynamoLeader': (given) => new DynamoLeader(given, 'key'),
};

/** A table as other libraries have it, whose own client would be taken for ours. */
class OtherTable {
  readonly dynamo: object;
  readonly tableName = 'a-table';
  readonly namespace = 'other';
  constructor(dynamo: object) {
    this.dynamo = dynamo;
  }
  async get(): Promise<void> {}
  async set(): Promise<void> {}
}

// What is taken for options would open the table of the environment.
beforeEach(() => {
  vi.stubEnv('PARADOX_ENV', 'local');
  vi.stubEnv('AWS_REGION', 'us-east-1');
});
afterEach(() => vi.unstubAllEnvs());

test.each(Object.entries({ ...makers, ...makersWithMethods }))(
  '%s takes no table of another library, no mock of one and no timeProvider',
  (name, make) => {
    const { connection } = new World();
    const { dynamo } = connection;
    const given: readonly unknown[] = [
      new OtherTable(dynamo as object),
      { get: async () => {}, set: async () => {}, delete: async () => {} },
      { dynamo, tableName: 'a-table', get: async () => {} },
      { ...connection, tableName: 'a-table', timeProvider: { epochMS: () => 1 } },
      { timeProvider: { epochMS: () => 1 } },
      { epochMS: () => 1 },
      Object.create({ get: async () => {} }),
    ];
    // Answers whatever it is asked.
    const mock = new Proxy({}, { get: () => () => {}, ownKeys: () => [] });

    for (const one of name in makers ? [...given, mock] : given) {
      expect(() => make(one as never), inspect(one)).toThrow(
        expect.objectContaining({ name: 'InvalidInputError' }),
      );
    }
  },
);
