import { createTable, partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { HitStore } from './hit-store.js';

async function open(more: object = {}): Promise<[HitStore, MemoryDynamo]> {
  const dynamo = new MemoryDynamo();
  await createTable(dynamo, partitionedKeysTable, 'hits');
  return [new HitStore({ dynamo, tableName: 'hits', ...more }), dynamo];
}

test.each<[string, unknown]>([
  ['that is empty', ''],
  ['of 3,000 bytes', 'x'.repeat(3_000)],
  ['of 2,200 bytes in 1,100 letters', 'ü'.repeat(1_100)],
  ['with half of a pair', 'a\ud800'],
  ['that is absent', undefined],
  ['that is a number', 5],
])('HitStore counts a client %s, which an error would let pass', async (_, client) => {
  const [store] = await open();
  const hits = [await store.increment(client as string), await store.increment(client as string)];
  expect(hits.map(({ totalHits }) => totalHits)).toEqual([1, 2]);
  expect(await store.increment('another')).toMatchObject({ totalHits: 1 });
  await store.resetKey(client as string);
  expect(await store.get(client as string)).toBeUndefined();
});

test('HitStore counts clients apart that differ in half of a pair', async () => {
  const [store] = await open();
  for (const client of ['a\ud800', 'a\ud801', 'a\ufffd']) {
    expect(await store.increment(client)).toMatchObject({ totalHits: 1 });
  }
});

test.each<[number, number]>([
  [0, 1],
  [0.5, 1],
  [1_000.5, 1_001],
  [Infinity, 1e12],
])('HitStore takes a window of %d ms, as its frameworks do', async (windowMs, expected) => {
  const clock = new ManualClock();
  const [store] = await open({ clock });
  store.init({ windowMs });
  expect((await store.increment('a')).resetTime.getTime() - clock.now()).toBe(expected);
});

test.each([-1, Number.NaN])('HitStore refuses a window of %d ms by its name', async (windowMs) => {
  const [store] = await open();
  store.init({ windowMs });
  await expect(store.increment('a')).rejects.toThrow('windowMs');
});

test('HitStore.resetAll() deletes nothing of a page beyond scanRowsMax', async () => {
  const [store, dynamo] = await open({ scanRowsMax: 2 });
  for (const client of ['a', 'b', 'c']) await store.increment(client);
  await expect(store.resetAll()).rejects.toThrow(/scanRowsMax.*resetAll\(\)/s);
  const { Count } = await dynamo.call('Scan', { TableName: 'hits' });
  expect(Count).toBe(3);
});

test('HitStore.resetAll() ends within timeoutMs where the store is silent', async () => {
  const clock = new ManualClock();
  const dynamo = { call: (): Promise<never> => new Promise(() => undefined) };
  const [store] = await open({ clock, dynamo, timeoutMs: 300 });
  const ended = expect(store.resetAll()).rejects.toMatchObject({ name: 'TimeoutError' });
  await clock.advance(300);
  await ended;
}, 1_000);

test.each<[string, unknown]>([
  ['timeoutMs', 0],
  ['timeoutMs', '5'],
  ['scanRowsMax', null],
  ['scanRowsMax', 0],
])('HitStore refuses a %s of %j by its name', async (field, value) => {
  await expect(open({ [field]: value })).rejects.toMatchObject({ field });
});
