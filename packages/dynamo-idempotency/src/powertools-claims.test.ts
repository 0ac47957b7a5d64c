import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { DynamoPersistenceLayer } from './powertools.js';

type Payload = string | { readonly id: string; readonly amount?: number };

function config(context: { getRemainingTimeInMillis(): number }): IdempotencyConfig {
  const made = new IdempotencyConfig({});
  made.registerLambdaContext(context);
  return made;
}

/** A layer, what outlasts the time of the invocations until then, and what reads the one record that there is. */
function open() {
  const clock = new ManualClock({ nowMs: Date.now() });
  const dynamo = new MemoryDynamo({ clock });
  const tableName = dynamo.createTable(
    { name: 'idempotency', partitionKey: { name: 'id', type: 'S' } },
    'records',
  );
  let remainingMs = 1_000;
  return {
    context: { getRemainingTimeInMillis: () => remainingMs },
    layer: new DynamoPersistenceLayer({ dynamo, tableName, clock }),
    outlast: () => {
      remainingMs = 100_000;
      return clock.advance(60_000);
    },
    record: async () => {
      const { Items = [] } = await dynamo.call('Scan', { TableName: tableName });
      return Items.map(({ status, data }) => [status?.S, data?.S]);
    },
  };
}

/** One that is carried out until it is told how it ends. */
interface Running {
  readonly answer: Promise<unknown>;
  end(outcome: string | Error): void;
}

const order = { id: 'one' };

test.each<[string, () => Payload]>([
  ['one object for all', () => order],
  ['an object each', () => ({ id: 'one' })],
  ['a text', () => 'one'],
])(
  'of overlapping invocations, called with %s, the slower neither completes nor removes the other',
  async (_, payload) => {
    for (const outcome of ['late', new Error('late')]) {
      const { context, layer, outlast, record } = open();
      const ends: ((outcome: string | Error) => void)[] = [];
      const pay = makeIdempotent(
        (_payload: Payload) =>
          new Promise<string>((resolve, reject) =>
            ends.push((how) => (typeof how === 'string' ? resolve(how) : reject(how))),
          ),
        { persistenceStore: layer, config: config(context) },
      );
      const begin = async (): Promise<Running> => {
        const before = ends.length;
        const answer = pay(payload()).catch((error: unknown) => error);
        await expect.poll(() => ends.length).toBe(before + 1);
        return { answer, end: (how) => ends[before]?.(how) };
      };
      const slow = await begin();
      await outlast();
      const second = await begin();
      expect(await pay(payload()).catch((error: unknown) => error)).toBeInstanceOf(
        IdempotencyAlreadyInProgressError,
      );
      slow.end(outcome);
      expect(await slow.answer).toBeInstanceOf(
        outcome === 'late' ? IdempotencyPersistenceLayerError : Error,
      );
      expect(await record()).toEqual([['INPROGRESS', undefined]]);
      second.end('second');
      expect(await second.answer).toBe('second');
      expect(await record()).toEqual([['COMPLETED', 'second']]);
      expect(await pay(payload())).toBe('second');
      expect(ends).toHaveLength(2);
    }
  },
);

/** The hooks of Middy, each run in an asynchronous context of its own, as after another middleware. */
function hooksOf({ layer, context }: ReturnType<typeof open>, options: object = {}) {
  const config = new IdempotencyConfig(options);
  const hooks = makeHandlerIdempotent({ persistenceStore: layer, config });
  const elsewhere = async (hook: unknown, request: object): Promise<void> => {
    await Promise.resolve();
    await (hook as (request: object) => unknown)(request);
  };
  return (event: Payload) => {
    const request = { event, context, internal: {}, response: `done ${JSON.stringify(event)}` };
    return {
      before: () => elsewhere(hooks.before, request),
      after: () => elsewhere(hooks.after, request),
      onError: () => elsewhere(hooks.onError, request),
    };
  };
}

test('hooks of a framework complete and remove the claim of their own event', async () => {
  const opened = open();
  const { outlast, record } = opened;
  const invoke = hooksOf(opened);
  const slow = invoke({ id: 'one' });
  await slow.before();
  await outlast();
  const second = invoke({ id: 'one' });
  await second.before();
  await expect(slow.after()).rejects.toThrow(IdempotencyPersistenceLayerError);
  await slow.onError();
  await second.after();
  expect(await record()).toEqual([['COMPLETED', 'done {"id":"one"}']]);
  const failing = invoke({ id: 'two' });
  await failing.before();
  await failing.onError();
  expect(await record()).toHaveLength(1);
});

test('who was refused removes nothing, also where the local cache refused', async () => {
  const opened = open();
  const { record } = opened;
  const invoke = hooksOf(opened, {
    eventKeyJmesPath: 'id',
    payloadValidationJmesPath: 'amount',
    useLocalCache: true,
  });
  const first = invoke({ id: 'one', amount: 1 });
  await first.before();
  const busy = invoke({ id: 'one', amount: 1 });
  await expect(busy.before()).rejects.toThrow(IdempotencyAlreadyInProgressError);
  await busy.onError();
  await first.after();
  const other = invoke({ id: 'one', amount: 2 });
  await expect(other.before()).rejects.toThrow(IdempotencyValidationError);
  await other.onError();
  expect(await record()).toEqual([['COMPLETED', 'done {"id":"one","amount":1}']]);
});

test('a record is removed by who has not claimed it, as with their own layer', async () => {
  const { context, layer, record } = open();
  const pay = makeIdempotent(async (payload: Payload) => payload, {
    persistenceStore: layer,
    config: config(context),
  });
  await pay(order);
  await layer.deleteRecord({ id: 'one' });
  expect(await record()).toEqual([]);
});
