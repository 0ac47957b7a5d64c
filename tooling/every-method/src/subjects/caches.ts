import type { ConnectionOptions } from '@x/dynamo-core';
import { DynamoKeyv as DynamoKeyv5 } from '@x/dynamo-keyv';
import { DynamoKeyv as DynamoKeyv6 } from '@x/dynamo-keyv/v6';
import { dynamoDriver } from '@x/dynamo-unstorage';

import { subject, withoutSignal, type Methods, type Subject } from '../subject.js';

const call = withoutSignal('a method of the cache’s interface');

const keyv = {
  on: call(() => ['error', () => {}]),
  get: call(() => ['stored']),
  getMany: call(() => [['stored', 'a']]),
  set: call(({ text }) => ['a', text, 60_000]),
  setMany: call(({ text }) => [[{ key: 'a', value: text }]]),
  has: call(() => ['stored']),
  hasMany: call(() => [['stored', 'a']]),
  delete: call(() => ['stored']),
  deleteMany: call(() => [['stored', 'a']]),
  clear: call(() => []),
  iterator: call(() => []),
};

type Keyv = new (options: ConnectionOptions) => DynamoKeyv5 | DynamoKeyv6;

function keyvSubject(title: string, Store: Keyv): Subject {
  return subject<Methods>({
    title,
    open: async (world, text) => {
      const store = new Store(world.on('keys'));
      await store.set('stored', text);
      return store as unknown as Methods;
    },
    calls: keyv,
  });
}

export const caches: readonly Subject[] = [
  keyvSubject('DynamoKeyv of Keyv 5', DynamoKeyv5),
  keyvSubject('DynamoKeyv of Keyv 6', DynamoKeyv6),
  subject<Methods>({
    title: 'dynamoDriver()',
    open: async (world, text) => {
      const driver = dynamoDriver(world.on('keys'));
      await driver.setItem?.('stored', text, {});
      return driver as unknown as Methods;
    },
    calls: {
      hasItem: call(() => ['stored', {}]),
      getItem: call(() => ['stored', {}]),
      getItems: call(() => [[{ key: 'stored' }], {}]),
      getItemRaw: call(() => ['stored', {}]),
      setItem: call(({ text }) => ['a', text, { ttl: 60 }]),
      setItems: call(({ text }) => [[{ key: 'a', value: text }], {}]),
      setItemRaw: call(() => ['a', new Uint8Array([1]), {}]),
      removeItem: call(() => ['stored', {}]),
      getMeta: call(() => ['stored', {}]),
      getKeys: call(() => ['', {}]),
      clear: call(() => ['', {}]),
    },
  }),
];
