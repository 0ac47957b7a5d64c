import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { describeOnEngines } from '@x/conformance';
import type { TableDefinition } from '@x/dynamo-core';
import { beforeAll, expect, test } from 'vitest';

import { DynamoPersistenceLayer, type DynamoPersistenceLayerOptions } from '../src/powertools.js';

const sorted: TableDefinition = {
  name: 'idempotency',
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
};
const plain: TableDefinition = { name: 'idempotency', partitionKey: { name: 'pk', type: 'S' } };

const others = {
  keyAttr: 'pk',
  statusAttr: 'state',
  expiryAttr: 'ends',
  inProgressExpiryAttr: 'claimEnds',
  dataAttr: 'answer',
  validationKeyAttr: 'about',
} as const;

interface Order {
  readonly id: string;
  readonly amount: number;
}

describeOnEngines('the options of DynamoDBPersistenceLayer', (engine) => {
  const tables = new Map<TableDefinition, string>();
  beforeAll(async () => {
    for (const one of [sorted, plain]) tables.set(one, await engine.createTable(one));
  });

  test.each<[string, TableDefinition, object]>([
    ['a sort key', sorted, { keyAttr: 'pk', sortKeyAttr: 'sk' }],
    ['a partition', sorted, { keyAttr: 'pk', sortKeyAttr: 'sk', staticPkValue: 'payments' }],
    ['other names and a sort key', sorted, { ...others, sortKeyAttr: 'sk' }],
    ['other names', plain, others],
  ])('do what they do there, with %s: each reads what the other wrote', async (name, on, given) => {
    const tableName = tables.get(on) ?? '';
    const awsSdkV3Client = engine.client();
    const read: unknown[] = [];
    const config = new IdempotencyConfig({
      eventKeyJmesPath: 'id',
      payloadValidationJmesPath: 'amount',
      responseHook: (response, record) => {
        read.push(Object.entries(record));
        return response;
      },
    });
    config.registerLambdaContext({ getRemainingTimeInMillis: () => 10_000 });
    const make = (persistenceStore: DynamoPersistenceLayer | DynamoDBPersistenceLayer) =>
      makeIdempotent(async ({ id }: Order) => ({ id, nested: [1, 'a', null] }), {
        persistenceStore,
        config,
        keyPrefix: name,
      });
    const options = { tableName, awsSdkV3Client, ...given };
    const theirs = make(new DynamoDBPersistenceLayer(options));
    const ours = make(new DynamoPersistenceLayer(options));
    for (const [first, second] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const order = { id: String(read.length), amount: 1 };
      const answer = await first(order);
      for (const pay of [first, second]) {
        expect(await pay(order)).toEqual(answer);
        await expect(pay({ ...order, amount: 2 })).rejects.toThrow('Payload does not match');
      }
      const [own, other] = read.splice(-2);
      expect(own).toEqual(other);
      read.push(own);
    }
  });

  test('a client is made of clientConfig', async () => {
    const { endpoint } = engine;
    // DynamoDB Local keeps the tables of each region and each access key apart.
    const { region, credentials } = engine.client().config;
    const persistenceStore = new DynamoPersistenceLayer({
      tableName: tables.get(plain),
      keyAttr: 'pk',
      clientConfig: { endpoint, region, credentials },
    });
    const pay = makeIdempotent(async ({ id }: Order) => id, { persistenceStore });
    expect(await pay({ id: 'configured', amount: 1 })).toBe('configured');
  });

  test.each<[string, DynamoPersistenceLayerOptions]>([
    ['sortKeyAttr', { sortKeyAttr: 'id' }],
    ['dataAttr', { dataAttr: 'status' }],
    ['statusAttr', { statusAttr: 'ownerId' }],
    ['keyAttr', { keyAttr: '' }],
    ['staticPkValue', { staticPkValue: 'a' }],
    ['staticPkValue', { sortKeyAttr: 'sk', staticPkValue: '' }],
    ['clientConfig', { dynamo: engine.client(), clientConfig: {} }],
    ['awsSdkV3Client', { dynamo: engine.client(), awsSdkV3Client: engine.client() }],
  ])('a wrong %s is refused by name', (field, options) => {
    expect(() => new DynamoPersistenceLayer(options)).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', field }),
    );
  });
});
