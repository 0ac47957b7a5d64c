import { inspect } from 'node:util';

import { KeyValueScopedCounter } from '@x/dynamo-counter';
import { DynamoLeader } from '@x/dynamo-leader';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { makers } from './makers.js';
import { World } from './world.js';

/** What takes any object with the methods that it calls. */
const makersWithMethods: typeof makers = {
  'the counter of KeyValueScopedCounter': (given) => new KeyValueScopedCounter(String, given),
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
  async (name, make) => {
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
      const made = Promise.resolve().then(() => make(one as never));
      await expect(made, inspect(one)).rejects.toMatchObject({ name: 'InvalidInputError' });
    }
  },
);
