import {
  IdempotencyConfig,
  IdempotencyAlreadyInProgressError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { describeOnEngines } from '@x/conformance';
import type { Dynamo, TableDefinition } from '@x/dynamo-core';
import { injectFaults, type Fault } from '@x/dynamo-testing';
import { beforeAll, expect, test } from 'vitest';

import { DynamoPersistenceLayer } from '../src/powertools.js';

const definition: TableDefinition = {
  name: 'idempotency',
  partitionKey: { name: 'id', type: 'S' },
  ttlAttribute: 'expiration',
};

interface Order {
  readonly id: string;
  readonly amount?: number;
}

describeOnEngines('DynamoPersistenceLayer', (engine) => {
  let tableName: string;
  beforeAll(async () => {
    tableName = await engine.createTable(definition);
  });
  const layer = (dynamo: Dynamo = engine.client()): DynamoPersistenceLayer =>
    new DynamoPersistenceLayer({ dynamo, tableName });
  const withContext = (remainingMs: number, options = {}): IdempotencyConfig => {
    const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', ...options });
    config.registerLambdaContext({ getRemainingTimeInMillis: () => remainingMs });
    return config;
  };

  test('acts once, and answers repeats as Powertools does', async () => {
    let calls = 0;
    const pay = makeIdempotent(
      async (order: Order) => ({
        paid: order.id,
        calls: ++calls,
        nested: { list: [1, 'a', null] },
      }),
      { persistenceStore: layer(), config: withContext(10_000) },
    );
    const first = await pay({ id: 'once' });
    expect(await pay({ id: 'once' })).toEqual(first);
    expect(calls).toBe(1);
  });

  const faulty = (fault: Fault): ReturnType<typeof engine.client> => {
    const client = engine.client();
    injectFaults(client, ({ retry }) => (retry === 0 ? fault : undefined));
    return client;
  };

  test.each<[string, Fault]>([
    ['response of every request is lost', { kind: 'drop-after' }],
    ['send of every request is throttled', { kind: 'error', name: 'ThrottlingException' }],
  ])('acts once where the first %s', async (id, fault) => {
    let calls = 0;
    const pay = makeIdempotent(async (order: Order) => `${order.id} ${++calls}`, {
      persistenceStore: layer(faulty(fault)),
      config: withContext(10_000),
    });
    expect([await pay({ id }), await pay({ id })]).toEqual([`${id} 1`, `${id} 1`]);
  });

  test('their own layer never acts where the first response of every request is lost', async () => {
    const awsSdkV3Client = faulty({ kind: 'drop-after' });
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client });
    const theirs = makeIdempotent(async ({ id }: Order) => id, {
      persistenceStore,
      config: withContext(10_000),
    });
    await expect(theirs({ id: 'theirs' })).rejects.toThrow(IdempotencyAlreadyInProgressError);
  });

  test('refuses what is in progress, and what comes with another payload', async () => {
    const config = withContext(10_000, { payloadValidationJmesPath: 'amount' });
    const persistenceStore = layer();
    let again: Promise<unknown> | undefined;
    const pay = makeIdempotent(
      async (order: Order): Promise<string> => {
        again = pay(order).catch((error: unknown) => error);
        await again;
        return 'paid';
      },
      { persistenceStore, config },
    );
    expect(await pay({ id: 'busy', amount: 1 })).toBe('paid');
    expect(await again).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    await expect(pay({ id: 'busy', amount: 2 })).rejects.toThrow(IdempotencyValidationError);
  });

  test('acts again after an error', async () => {
    let calls = 0;
    const pay = makeIdempotent(
      async ({ id }: Order) => {
        if (++calls === 1) throw new Error('declined');
        return `${id} ${calls}`;
      },
      { persistenceStore: layer(), config: withContext(10_000) },
    );
    await expect(pay({ id: 'again' })).rejects.toThrow('declined');
    expect(await pay({ id: 'again' })).toBe('again 2');
  });

  test('who has run out of time and been followed neither completes nor removes the record', async () => {
    const outcomes: unknown[] = [];
    const follow = makeIdempotent(async ({ id }: Order) => `second ${id}`, {
      persistenceStore: layer(),
      config: withContext(10_000),
    });
    for (const [id, fails] of [
      ['completes', false],
      ['fails', true],
    ] as const) {
      const late = makeIdempotent(
        async (order: Order) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          outcomes.push(await follow(order));
          if (fails) throw new Error('late');
          return 'first';
        },
        { persistenceStore: layer(), config: withContext(1) },
      );
      outcomes.push(await late({ id }).catch((error: unknown) => error), await follow({ id }));
    }
    expect(outcomes).toEqual([
      'second completes',
      expect.any(IdempotencyPersistenceLayerError),
      'second completes',
      'second fails',
      expect.objectContaining({ message: 'late' }),
      'second fails',
    ]);
  });

  test('reads the records of their layer, and they read ours', async () => {
    const persistenceStore = new DynamoDBPersistenceLayer({
      tableName,
      awsSdkV3Client: engine.client(),
    });
    const make = (store: DynamoPersistenceLayer | DynamoDBPersistenceLayer, by: string) =>
      makeIdempotent(async ({ id }: Order) => ({ by, id }), {
        persistenceStore: store,
        config: withContext(10_000),
        keyPrefix: 'shared',
      });
    const [ours, theirs] = [make(layer(), 'ours'), make(persistenceStore, 'theirs')];
    expect([await ours({ id: 'a' }), await theirs({ id: 'a' })]).toEqual([
      { by: 'ours', id: 'a' },
      { by: 'ours', id: 'a' },
    ]);
    expect([await theirs({ id: 'b' }), await ours({ id: 'b' })]).toEqual([
      { by: 'theirs', id: 'b' },
      { by: 'theirs', id: 'b' },
    ]);
  });

  test('ends within requestMsMax where DynamoDB never answers, and refuses unknown options by name', async () => {
    const dynamo = { call: () => new Promise<never>(() => undefined) };
    const persistenceStore = new DynamoPersistenceLayer({ dynamo, tableName, requestMsMax: 50 });
    const pay = makeIdempotent(async ({ id }: Order) => id, {
      persistenceStore,
      config: withContext(9_000),
    });
    await expect(pay({ id: 'silent' })).rejects.toThrow(IdempotencyPersistenceLayerError);
    const attributes = { key: 'id' };
    expect(() => new DynamoPersistenceLayer({ attributes } as object)).toThrow('attributes');
  });
});
