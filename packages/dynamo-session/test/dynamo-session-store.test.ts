import { promisify } from 'node:util';

import { describeOnEngines, recorded, type ConformanceEngine } from '@x/conformance';
import { keysTable, N, S, type DynamoTransport, type TableDefinition } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import connectDynamoDB from 'connect-dynamodb';
import type { Request } from 'express';
import session, { Cookie, MemoryStore, type SessionData } from 'express-session';
import { beforeAll, expect, test } from 'vitest';

import { DynamoSessionStore, type SessionStoreOptions } from '../src/index.js';

/** The methods of a store, as promises. */
function promised(store: session.Store): {
  get(sid: string): Promise<SessionData | null | undefined>;
  set(sid: string, data: SessionData): Promise<void>;
  touch(sid: string, data: SessionData): Promise<void>;
  destroy(sid: string): Promise<void>;
  all(): Promise<unknown>;
  length(): Promise<number>;
  clear(): Promise<void>;
} {
  const all = ['get', 'set', 'touch', 'destroy', 'all', 'length', 'clear'] as const;
  const methods = all.map((name) => [name, promisify(store[name] as () => void).bind(store)]);
  return Object.fromEntries(methods) as never;
}

/** A session of some user whose cookie ends at a moment, or with the browser. */
function of(user: string, expires: Date | null = null): SessionData {
  const cookie = new Cookie();
  cookie.expires = expires;
  return { cookie, user };
}

describeOnEngines('DynamoSessionStore', (engine) => {
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  function open(options: SessionStoreOptions = {}): ReturnType<typeof promised> {
    return promised(new DynamoSessionStore({ dynamo: engine.client(), tableName, ...options }));
  }

  test('sends one request for get, set, touch and destroy, and describes no table', async () => {
    const requests = recorded(engine.client());
    const store = open({ dynamo: requests });
    await store.set('a', of('ann'));
    await store.touch('a', of('ann'));
    await store.get('a');
    await store.destroy('a');
    const sent = requests.requests.map(({ operation }) => operation);
    expect(sent).toEqual(['UpdateItem', 'UpdateItem', 'GetItem', 'DeleteItem']);
  });

  test('refuses a session that JSON would lose a part of, before anything is sent', async () => {
    const requests = recorded(engine.client());
    const store = open({ dynamo: requests });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const lost of [new Map([['a', 1]]), Number.NaN, 1n, cycle]) {
      const call = store.set('a', { ...of('ann'), lost } as SessionData);
      await expect(call).rejects.toThrow(expect.objectContaining({ name: 'InvalidInputError' }));
    }
    expect(requests.requests).toEqual([]);
  });

  test('a session ends with its cookie, to the millisecond, or after ttlSeconds', async () => {
    const clock = new ManualClock();
    const store = open({ clock, ttlSeconds: 60 });
    await store.set('cookie', of('ann', new Date(clock.now() + 1_500)));
    await store.set('browser', of('bob'));
    await clock.advance(1_499);
    expect(await store.get('cookie')).toMatchObject({ user: 'ann' });
    await clock.advance(1);
    expect(await store.get('cookie')).toBeNull();
    expect(await store.get('browser')).toMatchObject({ user: 'bob' });
    await clock.advance(60_000);
    expect(await store.get('browser')).toBeNull();
    const last = new Date(8.64e15);
    await store.set('always', of('dan', last));
    await store.touch('always', of('dan', last));
    expect(await store.get('always')).toMatchObject({ cookie: { expires: last.toJSON() } });
    await store.set('past', of('eve', new Date(clock.now())));
    expect(await store.get('past')).toBeNull();
  });

  test('all, length and touch know the end that get knows, to the millisecond', async () => {
    const clock = new ManualClock();
    const store = open({ clock, tableName: await engine.createTable(keysTable), ttlSeconds: 1.5 });
    const end = new Date(Math.ceil(clock.now() / 1000) * 1000 + 2_300);
    await store.set('set', of('ann', end));
    await store.set('touched', of('bob', new Date(end.getTime() + 60_000)));
    await store.touch('touched', of('bob', end));
    await clock.advance(end.getTime() - 1 - clock.now());
    await store.set('browser', of('cid'));
    const cookie = { expires: end.toJSON() };
    expect(await store.get('touched')).toMatchObject({ cookie });
    expect(await store.all()).toMatchObject({ set: { cookie }, touched: { cookie }, browser: {} });
    await clock.advance(1);
    for (const sid of ['set', 'touched']) {
      expect(await store.get(sid)).toBeNull();
      await store.touch(sid, of('ann', new Date(end.getTime() + 60_000)));
      expect(await store.get(sid)).toBeNull();
    }
    expect([Object.keys((await store.all()) as object), await store.length()]).toEqual([
      ['browser'],
      1,
    ]);
    await clock.advance(1_499);
    expect(await store.length()).toBe(0);
  });

  test('a touch within the last second of a session moves its end', async () => {
    const clock = new ManualClock();
    const store = open({ clock });
    const end = Math.ceil(clock.now() / 1000) * 1000 + 2_300;
    await store.set('last', of('ann', new Date(end)));
    await clock.advance(end - 1 - clock.now());
    await store.touch('last', of('ann', new Date(end + 60_000)));
    await clock.advance(30_000);
    expect(await store.get('last')).toMatchObject({ user: 'ann' });
  });

  test('touch moves the end of what is there, and brings nothing back', async () => {
    const clock = new ManualClock();
    const store = open({ clock });
    await store.set('moved', of('ann', new Date(clock.now() + 2_000)));
    const later = new Date(clock.now() + 60_000);
    await store.touch('moved', of('somebody else', later));
    await clock.advance(30_000);
    const moved = await store.get('moved');
    expect(moved).toMatchObject({ user: 'ann' });
    expect(moved?.cookie.expires).toBe(later.toJSON());
    await store.destroy('moved');
    await store.touch('moved', of('ann', later));
    expect(await store.get('moved')).toBeNull();
    await store.set('ended', of('bob', new Date(clock.now() + 1_000)));
    await clock.advance(2_000);
    await store.touch('ended', of('bob', new Date(clock.now() + 60_000)));
    expect(await store.get('ended')).toBeNull();
  });

  test.each(['set', 'touch'] as const)(
    'a %s whose response is lost does not undo, by its repeat, what was set in between',
    async (method) => {
      const clock = new ManualClock();
      const sid = `repeated-${method}`;
      const other = open({ clock });
      const [soon, late] = [1_000, 60_000].map((ms) => new Date(clock.now() + ms));
      await other.set(sid, of('ann', late));
      const dynamo = engine.client();
      let isFirst = true;
      const repeating = toTransport(dynamo);
      const transport: DynamoTransport = {
        call: async (operation, input, options) => {
          const answer = await repeating.call(operation, input, options);
          if (!isFirst) return answer;
          isFirst = false;
          await other.set(sid, of('bob', soon));
          return repeating.call(operation, input, options);
        },
      };
      await open({ dynamo: transport, clock })[method](sid, of('ann', late));
      expect(await other.get(sid)).toMatchObject({ user: 'bob' });
      await clock.advance(1_000);
      expect(await other.get(sid)).toBeNull();
    },
  );

  test('a set that is changed after the call stores what was given', async () => {
    const store = open();
    const data = of('ann');
    const stored = store.set('copied', data);
    data.user = 'eve';
    await stored;
    expect(await store.get('copied')).toMatchObject({ user: 'ann' });
  });

  test('all, length and clear do what those of the store in memory do, for the own prefix', async () => {
    const shared = await engine.createTable(keysTable);
    const [ours, other] = ['ours:', 'other:'].map((prefix) => open({ tableName: shared, prefix }));
    const memory = promised(new MemoryStore());
    const seen = async (store: typeof memory): Promise<unknown[]> => {
      for (const user of ['ann', 'bob']) await store.set(user, of(user));
      const before = [await store.all(), await store.length()];
      await store.clear();
      return [...before, await store.all(), await store.length(), (await store.get('ann')) ?? null];
    };
    await other?.set('ours:ann', of('eve'));
    expect(await seen(ours as never)).toEqual(JSON.parse(JSON.stringify(await seen(memory))));
    expect(await other?.get('ours:ann')).toMatchObject({ user: 'eve' });
  });

  test.each(['null', '5', '"text"', '{}', '{"cookie":null}'])(
    'a row that holds %s is no session, which get() calls back as an error',
    async (data) => {
      await engine.putRow(tableName, { key: S('sess:no-session'), data: S(data) });
      await expect(open().get('no-session')).rejects.toThrow(/sess:no-session": it has no cookie/);
    },
  );

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no cookie', {}],
    ['a text', 'hunter2'],
  ])('refuses a session with %s, and stores nothing', async (_, session) => {
    const store = open();
    await expect(store.set('bad', session as SessionData)).rejects.toThrow(
      'an object with a cookie',
    );
    await expect(store.touch('bad', session as SessionData)).rejects.toThrow('the session');
    await expect(store.set('bad', session as SessionData)).rejects.not.toThrow(/hunter2/);
    expect(await store.get('bad')).toBeNull();
  });

  test('leaves the rows of other namespaces as they are', async () => {
    const shared = await engine.createTable(keysTable);
    const store = open({ tableName: shared });
    const data = S(JSON.stringify(of('eve')));
    const foreign = { key: S('sess:a.b'), ns: S('sess:a'), data, expiresAt: N(9_999_999_999) };
    await engine.putRow(shared, foreign);
    await store.touch('a.b', of('eve', new Date(Date.now() + 60_000)));
    await store.destroy('a.b');
    await store.clear();
    expect([await store.get('a.b'), await store.length()]).toEqual([null, 0]);
    expect(await engine.rows(shared)).toEqual([foreign]);
  });

  test('clear takes sessions that cannot be read, which get() calls back as an error', async () => {
    const shared = await engine.createTable(keysTable);
    const store = open({ tableName: shared });
    await engine.putRow(shared, { key: S('sess:bad'), data: S('{"password":"hunter2') });
    await expect(store.get('bad')).rejects.toThrow(/not valid JSON/);
    await expect(store.get('bad')).rejects.not.toThrow(/hunter2/);
    await store.clear();
    expect(await engine.rows(shared)).toEqual([]);
  });

  test('a scan stops at scanRowsMax with an error that says so', async () => {
    const shared = await engine.createTable(keysTable);
    const store = open({ tableName: shared, scanRowsMax: 2 });
    for (const user of ['a', 'b', 'c']) await store.set(user, of(user));
    for (const method of ['all', 'length', 'clear'] as const) {
      await expect(store[method]()).rejects.toThrow(/scanRowsMax/);
    }
  });

  test('what a store that no middleware has cannot make, it calls back as an error', async () => {
    const store = new DynamoSessionStore({ dynamo: engine.client(), tableName });
    await promised(store).set('alone', of('ann'));
    const request = { sessionID: 'alone' } as Request;
    for (const call of [
      promisify(store.load.bind(store) as (sid: string, done: () => void) => void)('alone'),
      promisify(store.regenerate.bind(store) as (of: Request, done: () => void) => void)(request),
    ]) {
      await expect(call).rejects.toThrow('given to session({ store }) first');
    }
  });

  test('a callback that throws is not called again', async () => {
    const calls: unknown[] = [];
    const uncaught = new Promise((resolve) => {
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of listeners) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    new DynamoSessionStore({ dynamo: engine.client(), tableName }).get('none', (error, data) => {
      calls.push([error, data]);
      throw new Error('of the callback');
    });
    expect(await uncaught).toEqual(new Error('of the callback'));
    expect(calls).toEqual([[null, null]]);
  });
});

describeOnEngines('DynamoSessionStore beside connect-dynamodb', (engine) => {
  const table: TableDefinition = { name: 'sessions', partitionKey: { name: 'id', type: 'S' } };
  const mappings = {
    partitionKeyFieldName: 'id',
    dataFieldName: 'sess',
    ttlFieldName: 'expires',
  } as const;

  async function openBoth(
    on: ConformanceEngine,
  ): Promise<[ours: ReturnType<typeof promised>, theirs: ReturnType<typeof promised>, string]> {
    const tableName = await on.createTable(table);
    const dynamo = on.client();
    const Theirs = connectDynamoDB(session) as never as new (options: object) => session.Store;
    const theirs = new Theirs({ table: tableName, client: dynamo });
    const ours = new DynamoSessionStore({ dynamo, tableName, mappings });
    theirs.all ??= () => undefined;
    theirs.length ??= () => undefined;
    theirs.clear ??= () => undefined;
    return [promised(ours), promised(theirs), tableName];
  }

  test('each reads, moves and destroys what the other wrote', async () => {
    const [ours, theirs] = await openBoth(engine);
    const end = new Date(Date.now() + 60_500);
    for (const [writer, reader] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      await writer.set('a', of('ann', end));
      expect(await reader.get('a')).toMatchObject({ user: 'ann' });
      await reader.touch('a', of('ann', end));
      expect(await writer.get('a')).toMatchObject({ user: 'ann' });
      await reader.set('a', of('bob', end));
      expect(await writer.get('a')).toMatchObject({ user: 'bob' });
      await reader.destroy('a');
      expect(await writer.get('a')).toBeNull();
    }
  });

  test('reads a row with a fraction in its expiry, which theirs writes', async () => {
    const [ours, , tableName] = await openBoth(engine);
    const expires = N((Date.now() + 60_000) / 1000 + 0.25);
    const sess = S(JSON.stringify(of('ann')));
    await engine.putRow(tableName, { id: S('sess:b'), type: S('connect-session'), expires, sess });
    expect(await ours.get('b')).toMatchObject({ user: 'ann' });
    await ours.touch('b', of('ann'));
    expect(await ours.get('b')).toMatchObject({ user: 'ann' });
  });
});
