import { createTable, type DynamoTransport } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { keysTable, KeyValueTable } from './index.js';

type Call = (kv: KeyValueTable, options: { signal: AbortSignal }) => Promise<unknown>;

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

const calls: readonly (readonly [string, Call])[] = [
  ['get', (kv, options) => kv.get('a', options)],
  ['getEntry', (kv, options) => kv.getEntry('a', options)],
  ['has', (kv, options) => kv.has('a', options)],
  ['exists', (kv, options) => kv.exists('a', options)],
  ['getMany', (kv, options) => kv.getMany(['a'], options)],
  ['getBatch', (kv, options) => kv.getBatch(['a'], options)],
  ['set', (kv, options) => kv.set('a', 1, options)],
  ['setMany', (kv, options) => kv.setMany(['a'], options)],
  ['setBatch', (kv, options) => kv.setBatch(['a'], options)],
  ['setIfNotExists', (kv, options) => kv.setIfNotExists('a', 1, options)],
  ['setIfVersion', (kv, options) => kv.setIfVersion('a', 1, 'id:v', options)],
  ['update', (kv, options) => kv.update('a', () => 2, options)],
  ['delete', (kv, options) => kv.delete('a', options)],
  ['deleteMany', (kv, options) => kv.deleteMany(['a'], options)],
  ['deleteBatch', (kv, options) => kv.deleteBatch(['a'], options)],
  ['clear', (kv, options) => kv.clear(options)],
  ['ids', (kv, options) => all(kv.ids(options))],
  ['listAll', (kv, options) => kv.listAll({ ...options, limit: 1 })],
  ['streamAll', (kv, options) => all(kv.streamAll(1, { ...options, segments: 16 }))],
];

test.each(calls)(
  '%s() ends with its signal where nothing answers, and follows it no more',
  async (_, call) => {
    const memory = new MemoryDynamo();
    await createTable(memory, keysTable, 'keys');
    for (const answered of [0, 1]) {
      let left = answered;
      let isSilent: () => void = () => {};
      const silent = new Promise<void>((resolve) => (isSilent = resolve));
      const dynamo: DynamoTransport = {
        call: (...request) => {
          if (left-- > 0) return memory.call(...request);
          isSilent();
          return new Promise(() => {});
        },
      };
      const controller = new AbortController();
      const { signal } = controller;
      let followers = 0;
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: unknown[]): void => {
        followers++;
        Reflect.apply(addEventListener, signal, args);
      };
      signal.removeEventListener = (...args: unknown[]): void => {
        followers--;
        Reflect.apply(removeEventListener, signal, args);
      };
      const ended = call(new KeyValueTable({ dynamo, tableName: 'keys' }), { signal });
      const outcome = ended.then(
        () => 'answered',
        (error: unknown) => error,
      );
      await Promise.race([silent, ended]);
      controller.abort('enough');
      expect(await outcome).toBe(answered === 1 && left >= 0 ? 'answered' : 'enough');
      expect(followers).toBe(0);
    }
  },
);

test('streamAll() of many segments warns of no listeners', async () => {
  const memory = new MemoryDynamo();
  await createTable(memory, keysTable, 'keys');
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  const kv = new KeyValueTable({ dynamo: memory, tableName: 'keys' });
  const { signal } = new AbortController();
  for (let listing = 0; listing < 20; listing++) {
    await all(kv.streamAll(2, { segments: 16, signal }));
    await kv.listAll({ signal });
  }
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
