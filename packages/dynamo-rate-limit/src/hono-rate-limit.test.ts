import { partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { Hono } from 'hono';
import { expect, test } from 'vitest';

import { honoRateLimit, type HonoRateLimitOptions } from './hono.js';

const limits = { attemptsMax: 3, windowMs: 60_000 };

function setUp(): { clock: ManualClock; table: HonoRateLimitOptions; dynamo: MemoryDynamo } {
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, 'limits');
  return { clock, dynamo, table: { dynamo, tableName: 'limits', clock } };
}

function serve(options: HonoRateLimitOptions): Hono {
  const app = new Hono();
  app.use(honoRateLimit(options));
  app.get('/', (c) => c.text('hello'));
  app.onError((error, c) => c.text(error.message, 500));
  return app;
}

test('honoRateLimit() counts the seconds of its headers by the clock of its table', async () => {
  const { clock, table } = setUp();
  const one = serve({ ...table, limits, key: () => 'ann' });
  const entries = (): [{ name: string; key: string; limits: typeof limits }] => [
    { name: 'user', key: 'bob', limits },
  ];
  for (const [app, name] of [
    [one, 'default'],
    [serve({ ...table, entries }), 'user'],
  ] as const) {
    await app.request('/');
    await clock.advance(20_000);
    expect((await app.request('/')).headers.get('ratelimit')).toBe(`"${name}";r=1;t=40`);
  }
});

test('honoRateLimit() refuses an entry with a misspelt option', async () => {
  const { table } = setUp();
  const entry = { name: 'user', key: 'ann', limits, costs: 5 };
  const answer = await serve({ ...table, entries: () => [entry] }).request('/');
  expect(answer.status).toBe(500);
  expect(await answer.text()).toContain('costs: it must be given as cost');
});

test('honoRateLimit() keeps its bound where timeoutMs is undefined', async () => {
  const { clock, table } = setUp();
  const dynamo = { call: (): Promise<never> => new Promise(() => undefined) };
  const app = serve({ ...table, dynamo, timeoutMs: undefined, limits, key: () => 'ann' });
  const answer = Promise.resolve(app.request('/'));
  await clock.advance(5_000);
  expect((await answer).status).toBe(500);
}, 1_000);

test.each(['entries', 'onRefused'])(
  'honoRateLimit() refuses what is no function as %s',
  (field) => {
    const { table } = setUp();
    const given = {
      ...table,
      ...(field === 'onRefused' && { limits, key: () => 'ann' }),
      [field]: 5,
    };
    expect(() => honoRateLimit(given as never)).toThrow(expect.objectContaining({ field }));
  },
);
