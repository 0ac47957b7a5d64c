import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  ThrottlerGuard,
  ThrottlerModule,
  ThrottlerStorageService,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { describeOnEngines } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { nestStorage } from '../src/nest.js';
import { describeAdapter, limit, windowMs } from './adapter-suite.js';

/** A controller and its module, without the syntax of decorators. */
async function application(storage: ThrottlerStorage | undefined): Promise<INestApplication> {
  class Hello {
    hello(): string {
      return 'hello';
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(
    Hello.prototype,
    'hello',
  ) as PropertyDescriptor;
  Get()(Hello.prototype, 'hello', descriptor);
  Controller()(Hello);
  class App {
    readonly name = 'app';
  }
  Module({
    imports: [
      ThrottlerModule.forRoot({
        throttlers: [{ name: 'default', ttl: windowMs, limit }],
        getTracker: (request) => String((request['headers'] as Record<string, string>)['x-client']),
        ...(storage && { storage }),
      }),
    ],
    controllers: [Hello],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })(App);
  return NestFactory.create(App, { logger: false });
}

describeAdapter({
  name: 'nestStorage()',
  headers: ['x-ratelimit-limit', 'x-ratelimit-remaining'],
  seconds: ['x-ratelimit-reset', 'retry-after'],
  start: async (store) => {
    const app = await application(store === 'memory' ? undefined : nestStorage(store));
    await app.listen(0, '127.0.0.1');
    return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() };
  },
});

describeOnEngines('nestStorage() as a storage', (engine) => {
  test.each([
    ['without blocks', 0],
    ['with blocks as long as the limit', 1_000],
    ['with longer blocks', 2_000],
  ])('counts as the storage in memory, %s', async (_, blockDuration) => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const storage = nestStorage({ dynamo: engine.client(), tableName });
    const memory = new ThrottlerStorageService();
    for (let index = 0; index < 6; index++) {
      const [ours, theirs] = await Promise.all(
        [storage, memory].map((one) => one.increment('a', 1_000, 3, blockDuration, 'default')),
      );
      const [said, expected] = [ours, theirs].map((record) => [
        record?.isBlocked,
        record?.totalHits,
        // Theirs is that of no block, or 0.
        record?.isBlocked && record.timeToBlockExpire,
      ]);
      expect(said).toEqual(expected);
    }
    memory.onApplicationShutdown();
  });

  test.each<[ttl: number, limit: number, blockDuration: number]>([
    [60_000.7, 2, 60_000.7],
    [60_000, 2.5, 0],
    [60_000, Infinity, 0],
    [60_000, Number.MAX_SAFE_INTEGER, 60_000],
    [60_000, -1, 0],
    [60_000, 2, Infinity],
  ])('takes what the storage in memory takes: %d, %d, %d', async (...limits) => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const memory = new ThrottlerStorageService();
    const seen = [nestStorage({ dynamo: engine.client(), tableName }), memory].map(async (one) => {
      const all: unknown[] = [];
      for (let index = 0; index < 4; index++) {
        const { isBlocked, totalHits } = await one.increment('a', ...limits, 'default');
        all.push([isBlocked, totalHits]);
      }
      return all;
    });
    const [ours, theirs] = await Promise.all(seen);
    memory.onApplicationShutdown();
    expect(ours).toEqual(theirs);
  });

  test('a ttl of 0 refuses nobody, as in memory', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
    const storage = nestStorage({ dynamo: engine.client(), tableName, clock, timeoutMs: 1e9 });
    for (let index = 0; index < 3; index++) {
      const hit = await storage.increment('a', 0, 1, 0, 'default');
      expect([hit.isBlocked, hit.totalHits]).toEqual([false, 1]);
      await clock.advance(1);
    }
  });

  test('a client begins anew after a block that is shorter than the limit', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
    const storage = nestStorage({ dynamo: engine.client(), tableName, clock, timeoutMs: 1e9 });
    const hits = async (times: number): Promise<[number, boolean][]> => {
      const all: [number, boolean][] = [];
      for (let index = 0; index < times; index++) {
        const { totalHits, isBlocked } = await storage.increment('a', 60_000, 2, 5_000, 'short');
        all.push([totalHits, isBlocked]);
      }
      return all;
    };
    expect(await hits(4)).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [3, true],
    ]);
    await clock.advance(4_999);
    expect(await hits(1)).toEqual([[3, true]]);
    await clock.advance(1);
    expect(await hits(3)).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('a hit is one request, a block one more', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const client = engine.client();
    let requests = 0;
    client.middlewareStack.add(
      (next) => async (call) => {
        requests++;
        return next(call);
      },
      { step: 'build' },
    );
    const storage = nestStorage({ dynamo: client, tableName });
    const sent: number[] = [];
    for (let index = 0; index < 4; index++) {
      requests = 0;
      await storage.increment('a', 60_000, 2, 60_000, 'default');
      sent.push(requests);
    }
    expect(sent).toEqual([1, 1, 2, 1]);
    expect(await storage.increment('b', 60_000, 0, 60_000, 'default')).toMatchObject({
      isBlocked: true,
      timeToBlockExpire: 60,
    });
  });
});
