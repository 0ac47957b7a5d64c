import {
  describeOnEngines,
  describeValueTable,
  recorded,
  type RecordedTransport,
} from '@x/conformance';
import { FaultHandler, ManualClock, type FaultPlan } from '@x/dynamo-testing';
import { beforeEach, describe, expect, it } from 'vitest';

import { jsonCodec, keysTable, systemRandom, type Item } from '../src/index.js';
import {
  connect,
  keyAddress,
  readMany,
  toTransport,
  ValueTable,
  writeMany,
} from '../src/mechanism.js';

const names = { data: 'data', version: 'version', expiresAt: 'expiresAt' };
const keyOf = (id: string): Item => ({ key: { S: `ns.${id}` } });

describeOnEngines('ValueTable', (engine) => {
  let table: string;
  let clock: ManualClock;
  let sent: RecordedTransport;
  let rows: ValueTable<'id'>;

  function make(transport: RecordedTransport): ValueTable<'id'> {
    return new ValueTable<'id'>({
      transport,
      tableName: table,
      names,
      codec: jsonCodec,
      clock,
      random: systemRandom,
      owner: { name: 'ns', value: 'ns' },
      address: (id) => keyAddress('ns', id),
    });
  }

  function faulty(plan: FaultPlan): ValueTable<'id'> {
    return make(recorded(engine.client({ faults: new FaultHandler(plan) })));
  }

  const operations = (): string[] => sent.requests.map(({ operation }) => operation);

  beforeEach(async () => {
    table = await engine.createTable(keysTable);
    clock = new ManualClock();
    sent = recorded(engine.client());
    rows = make(sent);
  });

  describeValueTable(engine, keysTable, ({ dynamo, tableName, clock: givenClock }) => {
    const { transport, random } = connect({ dynamo, tableName, clock: givenClock }, 'keys');
    const values = {
      transport,
      random,
      tableName,
      names,
      codec: jsonCodec,
      clock: givenClock,
      address: (id: string) => keyAddress('contract', id),
    };
    const store = new ValueTable<'id'>(values);
    return {
      get: (id, options) => store.get(id, options),
      getEntry: (id, options) => store.getEntry(id, options),
      getMany: async (ids, options) =>
        (await readMany(values, ids, options)).map((entry) => entry?.value),
      has: (id, options) => store.has(id, options),
      set: (id, value, options) => store.set(id, value, options),
      setMany: (entries, options) => writeMany(values, entries, options),
      setIfNotExists: (id, value, options) => store.setIfNotExists(id, value, options),
      setIfVersion: (id, value, version) => store.setIfVersion(id, value, version),
      update: (id, change, options) => store.update(id, change, options),
      delete: (id) => store.delete(id),
      deleteMany: (ids) => store.deleteMany(ids),
    };
  });

  it('set() keeps what shares the row', async () => {
    await engine.putRow(table, { ...keyOf('a'), count: { N: '7' } });
    await rows.set('a', 1);
    expect(await engine.row(table, keyOf('a'))).toMatchObject({
      count: { N: '7' },
      data: { S: '1' },
    });
  });

  describe('delete()', () => {
    it('removes a row of its own in one request', async () => {
      await rows.set('a', 1);
      sent.clear();
      expect(await rows.delete('a')).toBe(true);
      expect(operations()).toEqual(['DeleteItem']);
      expect(await rows.delete('a')).toBe(false);
      expect(await engine.rows(table)).toEqual([]);
    });

    it('leaves what shares the row, in two', async () => {
      await engine.putRow(table, { ...keyOf('a'), count: { N: '7' } });
      await rows.set('a', 1);
      sent.clear();
      expect(await rows.delete('a')).toBe(true);
      expect(operations()).toEqual(['DeleteItem', 'UpdateItem']);
      expect(await rows.delete('a')).toBe(false);
      const left = { ...keyOf('a'), ns: { S: 'ns' }, count: { N: '7' } };
      expect(await engine.row(table, keyOf('a'))).toEqual(left);
    });

    it('revokes the claim of who computes the value, and leaves the row as an expired one', async () => {
      await rows.getOrSet('a', () => 1, { ttlSeconds: 5, staleSeconds: 60 });
      await clock.advance(6_000);
      let end: (value: number) => void = () => undefined;
      const ended = new Promise<number>((resolve) => (end = resolve));
      let begin: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const call = rows.getOrSet('a', () => (begin(), ended), { ttlSeconds: 60 });
      await begun;
      sent.clear();
      expect([await rows.delete('a'), await rows.delete('a')]).toEqual([true, false]);
      expect(operations()).toEqual(['DeleteItem', 'UpdateItem', 'DeleteItem']);
      const left = await engine.row(table, keyOf('a'));
      const past = { N: String(Math.floor(clock.now() / 1_000) - 172_800) };
      const claim = { S: expect.stringMatching(/^[\w-]{12}~$/) };
      const nothing = { data: { S: 'null' }, claim, expiresAt: past };
      expect(left).toMatchObject({ ...keyOf('a'), ns: { S: 'ns' }, ...nothing });
      end(2);
      expect(await call).toBe(2);
      expect(await rows.get('a', { consistent: true })).toBeUndefined();
      expect(await rows.getOrSet('a', () => 3, { ttlSeconds: 60 })).toBe(3);
      expect(await rows.delete('a')).toBe(true);
      expect(await engine.rows(table)).toEqual([]);
    });

    it('takes an expired value, which counts as none', async () => {
      await rows.set('a', 1, { ttlSeconds: 10 });
      await clock.advance(10_000);
      expect(await rows.delete('a')).toBe(false);
      expect(await engine.rows(table)).toEqual([]);
    });

    it.each([
      ['count', ['DeleteItem', 'UpdateItem', 'DeleteItem']],
      ['data', ['DeleteItem', 'UpdateItem', 'DeleteItem']],
    ])('leaves no empty row where the %s goes in between', async (part, requests) => {
      const both = { ...keyOf('a'), data: { S: '1' }, count: { N: '7' } };
      await engine.putRow(table, both);
      const inner = toTransport(engine.client());
      const racing = recorded({
        call: async (operation, input, options) => {
          if (operation === 'UpdateItem') {
            const { [part as 'data']: _, ...left } = both;
            await engine.putRow(table, left);
          }
          return inner.call(operation, input, options);
        },
      });
      await make(racing).delete('a');
      expect(racing.requests.map(({ operation }) => operation)).toEqual(requests);
      const left = part === 'count' ? [] : [{ ...keyOf('a'), count: { N: '7' } }];
      expect(await engine.rows(table)).toEqual(left);
    });
  });

  const lost: [string, FaultPlan][] = [
    ['a lost response', [{ kind: 'drop-after' }]],
    ['three lost responses', [0, 1, 2].map(() => ({ kind: 'drop-after' }) as const)],
    ['a duplicate', [{ kind: 'duplicate' }]],
  ];

  describe.each(lost)('under %s', (_, plan) => {
    it('setIfNotExists() says that it stored', async () => {
      expect(await faulty(plan).setIfNotExists('a', 1)).toBe(true);
      expect(await rows.get('a', { consistent: true })).toBe(1);
      expect(await faulty(plan).setIfNotExists('a', 2)).toBe(false);
      expect(await rows.get('a', { consistent: true })).toBe(1);
    });

    it('setIfVersion() answers with the version that is stored', async () => {
      await rows.set('a', 1);
      const entry = await rows.getEntry('a', { consistent: true });
      const version = await faulty(plan).setIfVersion('a', 2, entry?.version ?? '');
      expect(await rows.getEntry('a', { consistent: true })).toMatchObject({ value: 2, version });
      expect(await faulty(plan).setIfVersion('a', 3, entry?.version ?? '')).toBeUndefined();
      expect(await rows.get('a', { consistent: true })).toBe(2);
    });

    it('update() applies its change once', async () => {
      // The first request is the read.
      const shifted = [undefined, ...(plan as readonly undefined[])];
      await rows.set('a', 1);
      const result = await faulty(shifted).update('a', (n) => (n as number) + 1);
      expect(result).toBe(2);
      expect(await rows.get('a', { consistent: true })).toBe(2);
    });

    it('set() and delete() leave what they should', async () => {
      await faulty(plan).set('a', 1);
      expect(await rows.get('a', { consistent: true })).toBe(1);
      await faulty(plan).delete('a');
      expect(await engine.rows(table)).toEqual([]);
    });
  });

  it('setIfVersion() takes the token of a row that the original wrote', async () => {
    await engine.putRow(table, { ...keyOf('a'), data: { S: '{"n":1}' } });
    const entry = await rows.getEntry('a', { consistent: true });
    expect(entry?.version).toMatch(/^data:[\w-]{43}$/);
    expect(await rows.setIfVersion('a', { n: 2 }, entry?.version ?? '')).toMatch(/^id:/);
    await engine.putRow(table, { ...keyOf('a'), data: { S: '{"n":5}' } });
    expect(await rows.setIfVersion('a', { n: 3 }, entry?.version ?? '')).toBeUndefined();
  });

  it('a row of another namespace at the same key is neither shown nor written over', async () => {
    const other = { ...keyOf('a'), ns: { S: 'other' }, data: { S: '1' } };
    await engine.putRow(table, other);
    expect(await rows.get('a', { consistent: true })).toBeUndefined();
    expect(await rows.has('a', { consistent: true })).toBe(false);
    for (const write of [
      () => rows.setIfNotExists('a', 2),
      () => rows.update('a', () => 2),
      () => rows.set('a', 2),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'KeyCollision' });
    }
    expect(await engine.rows(table)).toEqual([other]);
  });
});
