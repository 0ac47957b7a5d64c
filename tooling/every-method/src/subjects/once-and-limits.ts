import { DoOnceManager } from '@x/dynamo-do-once';
import { LimitedAttempt, type SuccessfulAttempt } from '@x/dynamo-limited-attempt';

import { subject, type Given, type Subject } from '../subject.js';
import type { World } from '../world.js';

const tableName = 'partitioned_keys';
const key = { partition: 'ann', namespace: 'login', sort: 'x' };
const limit = { attemptsMax: 3, windowMs: 60_000 };

function limiter(world: World): LimitedAttempt {
  return new LimitedAttempt(world.on(tableName));
}

function once({ text, options }: Given): readonly unknown[] {
  const how = { userId: () => 'ann', key: () => 'mail', payload: () => text, ...options };
  return [how, () => text];
}

/** What gives something back answers within it. */
const backMsMax = 2_000;
/** Work that was done is marked for a while after the signal has aborted. */
const markAfterMs = 1_500;
const context = ({ text, options }: Given): object => ({ context: text, ...options });

export const onceAndLimits: readonly Subject[] = [
  subject<DoOnceManager>({
    title: 'DoOnceManager',
    open: async (world, text) => {
      const manager = new DoOnceManager(world.on(tableName));
      await manager.markDone('ann', 'done', { result: { text }, payload: text });
      return manager;
    },
    calls: {
      doOnce: {
        args: ({ text, options }) => [
          'ann',
          'mail',
          () => ({ text }),
          { payload: text, storeResult: true, ...options },
        ],
        afterMs: markAfterMs,
      },
      haveAlreadyDone: ({ options }) => ['ann', 'done', options],
      getDone: ({ options }) => ['ann', 'done', options],
      markDone: ({ text, options }) => [
        'ann',
        'mail',
        { payload: text, result: { text }, ...options },
      ],
      clearKey: ({ options }) => ['ann', 'done', options],
      transact: ({ text, options }) => [
        'ann',
        'mail',
        [{ Put: { TableName: tableName, Item: { partitionKey: 'a', sortKey: 'b', text } } }],
        { payload: text, marshall: wireOf, ...options },
      ],
      once: { args: once, noSignal: 'sends nothing before what it returns is called' },
    },
  }),
  subject<{ call(given: Given): Promise<unknown> }>({
    title: 'DoOnceManager.once()',
    open: (world) => {
      const manager = new DoOnceManager(world.on(tableName));
      type Once = (...args: readonly unknown[]) => () => Promise<unknown>;
      return { call: (given) => (manager.once as unknown as Once)(...once(given))() };
    },
    calls: { call: { args: (given) => [given], afterMs: markAfterMs } },
  }),
  subject<LimitedAttempt>({
    title: 'LimitedAttempt',
    open: async (world, text) => {
      await limiter(world).attempt(key, limit, text);
      return limiter(world);
    },
    calls: {
      attempt: (given) => [key, limit, context(given)],
      tryAttempt: (given) => [key, limit, context(given)],
      consume: (given) => [key, limit, context(given)],
      record: ({ options }) => [key, limit, options],
      refund: { args: ({ options }) => [key, limit, options], endMsMax: backMsMax },
      block: ({ options }) => [key, 60_000, options],
      unblock: ({ options }) => [key, options],
      attemptAll: ({ options }) => [
        [
          { key, limits: limit },
          { key: { ...key, sort: 'y' }, limits: limit },
        ],
        options,
      ],
      wait: (given) => [key, limit, context(given)],
      peek: ({ options }) => [key, limit, options],
      clear: { args: ({ options }) => [key, options], endMsMax: backMsMax },
    },
  }),
  subject<SuccessfulAttempt>({
    title: 'SuccessfulAttempt',
    open: (world, text) => limiter(world).attempt(key, limit, text),
    calls: {
      clear: { args: ({ options }) => [options], endMsMax: backMsMax },
      refund: { args: ({ options }) => [{ cost: 1, ...options }], endMsMax: backMsMax },
    },
  }),
];

function wireOf(item: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, { S: value }]));
}
