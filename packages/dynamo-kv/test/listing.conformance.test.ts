import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { S, compressedCodec, type Item } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, expect, test } from 'vitest';

import {
  keysTable,
  KeyValueTable,
  type KeyValueTableOptions,
  type PagePointer,
} from '../src/index.js';

async function collect(ids: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const id of ids) all.push(id);
  return all;
}

const nowMs = Date.UTC(2030, 0, 1);

describeOnEngines('the pages of listAll()', (engine) => {
  let tableName: string;
  let sent: RecordedTransport;

  beforeEach(async () => {
    tableName = await engine.createTable(keysTable);
    sent = recorded(engine.client());
  });

  function open(options: KeyValueTableOptions = {}): KeyValueTable {
    const clock = new ManualClock({ nowMs });
    return new KeyValueTable({ dynamo: sent, tableName, clock, namespace: 'mine', ...options });
  }

  /** Stores rows as they are, among which the order is the table's own. */
  async function put(count: number, row: (index: number) => Item): Promise<void> {
    for (let index = 0; index < count; index++) await engine.putRow(tableName, row(index));
  }

  test('end at their own last items: pointers show no id of others, and none that has expired', async () => {
    await put(15, (index) => ({
      key: S(`sessions.SECRET-${index}`),
      ns: S('sessions'),
      data: S('1'),
    }));
    await put(15, (index) => ({
      key: S(`mine.EXPIRED-${index}`),
      ns: S('mine'),
      data: S('1'),
      expiresAt: { N: '1000000000' },
    }));
    await put(6, (index) => ({ key: S(`mine.own-${index}`), ns: S('mine'), data: S('1') }));
    const kv = open();
    for (const limit of [1, 2, 4]) {
      const listed: string[] = [];
      let pageItem: PagePointer | undefined;
      do {
        const page = await kv.listAll({ limit, pageItem, consistent: true });
        const ids = page.items.map(([id]) => id);
        listed.push(...ids);
        pageItem = page.pagePointer;
        const shown = Buffer.from(pageItem ?? '', 'base64url').toString();
        expect(shown).not.toMatch(/SECRET|EXPIRED/);
        expect(shown).toContain(pageItem === undefined ? '' : ids.at(-1));
      } while (pageItem !== undefined);
      expect(listed.toSorted()).toEqual(['own-0', 'own-1', 'own-2', 'own-3', 'own-4', 'own-5']);
    }
  });

  test('report each row that cannot be read once, on the page in which it stands', async () => {
    await put(12, (index) => ({
      key: S(`mine.${index}`),
      ns: S('mine'),
      data: S(index % 2 === 0 ? '1' : 'no JSON'),
    }));
    const kv = open();
    const failed: string[] = [];
    let pages = 0;
    let pageItem: PagePointer | undefined;
    do {
      const onError = (_: Error, id: string): number => failed.push(id);
      const page = await kv.listAll({ limit: 2, pageItem, onError });
      pages += 1;
      pageItem = page.pagePointer;
      if (pageItem === undefined) continue;
      // What lies behind the last item is left to the next page.
      const whole = await kv.listAll({ limit: 100, pageItem, onError: () => undefined });
      expect(whole.items).toHaveLength(6 - 2 * pages);
    } while (pageItem !== undefined);
    expect(failed.toSorted()).toEqual(['1', '11', '3', '5', '7', '9']);
  });

  test('and batches unpack up to a budget, and say so beyond it', async () => {
    const codec = compressedCodec({
      fromBytes: 0,
      unpackedBytesMax: 2_000,
      unpackedBytesPerCallMax: 10_000,
    });
    const kv = open({ codec });
    const ids = Array.from({ length: 6 }, (_, index) => `id-${index}`);
    const value = 'x'.repeat(1_998);
    await kv.setBatch(ids.map((id) => [id, value] as const));

    expect(await kv.getBatch(ids.slice(1), { consistent: true })).toHaveLength(5);
    expect((await kv.listAll({ limit: 5, consistent: true })).items).toHaveLength(5);
    const tooLarge = { name: 'UnpackedTooLargeError', code: 'UnpackedTooLarge', limit: 10_000 };
    await expect(kv.getMany(ids, { consistent: true })).rejects.toMatchObject({
      ...tooLarge,
      key: 'id-5',
    });
    await expect(kv.listAll({ consistent: true })).rejects.toMatchObject(tooLarge);
    const streamed = [];
    for await (const [id] of kv.streamAll(2, { consistent: true })) streamed.push(id);
    expect(streamed).toHaveLength(6);
  });

  test('ids() are those of living values of the namespace, without the values', async () => {
    await put(2, (index) => ({ key: S(`mine.b.${index}`), ns: S('mine.b'), data: S('1') }));
    await put(1, () => ({ key: S('mine.c'), ns: S('mine'), count: { N: '1' } }));
    const kv = open();
    await kv.set('expired', 1, { expiresAtMs: 1e12 });
    await kv.setMany([
      ['a-1', 'xxx'],
      ['a-2', 'xxx'],
      ['b', 'x'.repeat(1_000)],
    ]);
    sent.clear();
    const all = await collect(kv.ids({ consistent: true }));
    expect(all.toSorted()).toEqual(['a-1', 'a-2', 'b']);
    expect(sent.requests.map(({ operation }) => operation)).toEqual(['Scan']);
    expect(JSON.stringify(sent.requests)).not.toContain('xxx');
    const some = await collect(kv.ids({ prefix: 'a-', consistent: true }));
    expect(some.toSorted()).toEqual(['a-1', 'a-2']);
    const bare = open({ namespace: '' });
    await bare.set('alone', 1);
    expect(await collect(bare.ids({ consistent: true }))).toEqual(['alone']);
  });

  test('clear() takes the values of its namespace, expired and unreadable ones too', async () => {
    await put(150, (index) => ({ key: S(`mine.${index}`), ns: S('mine'), data: S('no JSON') }));
    await put(1, () => ({ key: S('mine.original'), data: S('1') }));
    const others = [
      { key: S('mine.b.1'), ns: S('mine.b'), data: S('1') },
      { key: S('mine.counter'), ns: S('mine'), count: { N: '1' } },
      { key: S('minerals'), data: S('1') },
    ];
    for (const row of others) await engine.putRow(tableName, row);
    const kv = open();
    await kv.set('expired', 1, { expiresAtMs: 1e12 });
    sent.clear();
    const told: number[] = [];
    expect(await kv.clear({ onProgress: ({ deleted }) => told.push(deleted) })).toEqual({
      deleted: 152,
    });
    expect(told).toEqual([100, 152]);
    const operations = sent.requests.map(({ operation }) => operation);
    expect(operations).toEqual(['Scan', ...Array<string>(7).fill('BatchWriteItem')]);
    const left = (await engine.rows(tableName)).map(({ key }) => key?.S);
    expect(left.toSorted()).toEqual(['mine.b.1', 'mine.counter', 'minerals']);
    expect(await kv.clear()).toEqual({ deleted: 0 });
  });
});
