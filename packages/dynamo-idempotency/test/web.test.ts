import { serve } from '@hono/node-server';
import type { Listening } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { DoOnceLeaseLostError } from '@x/dynamo-do-once';
import { MemoryDynamo } from '@x/dynamo-testing';
import { Hono, type Context } from 'hono';
import { cors } from 'hono/cors';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';

import { idempotent as express } from '../src/express.js';
import { idempotent as fastify } from '../src/fastify.js';
import { idempotent as idempotentFetch } from '../src/fetch.js';
import { idempotent as idempotentHono } from '../src/hono.js';
import { idempotent as lambda, idempotentBatch } from '../src/lambda.js';
import { answerBytes, describeHttp, type Work } from './http-suite.js';

interface Asked {
  readonly status?: number;
  readonly size?: number;
  readonly events?: boolean;
  readonly throws?: boolean;
}

async function pay(request: Pick<Request, 'json'>, work: Work): Promise<Response> {
  const body = (await request.json()) as Asked & Record<string, unknown>;
  await work(body);
  if (body.throws) throw new Error('handler');
  if (body.events) {
    return new Response('data: 1\n\n', { headers: { 'content-type': 'text/event-stream' } });
  }
  const headers = new Headers({ 'x-paid': 'yes' });
  headers.append('set-cookie', 'a=1');
  headers.append('set-cookie', 'b=2');
  const bytes = body.size === undefined ? answerBytes : new Uint8Array(body.size);
  return new Response(bytes, { status: body.status ?? 201, headers });
}

async function listen(
  fetchHandler: (request: Request) => Response | Promise<Response>,
): Promise<Listening> {
  const server = serve({ fetch: fetchHandler, port: 0, hostname: '127.0.0.1' });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describeHttp({
  name: 'idempotent() of Hono',
  start: async (options, work) => {
    const app = new Hono();
    app.onError((_, c) => c.text('failed', 500));
    const scope = (c: Context): string => c.req.header('x-user') ?? 'nobody';
    app.post(
      '/pay',
      idempotentHono((c) => pay(c.req, work), { ...options, scope }),
    );
    return listen(app.fetch);
  },
});

describeHttp({
  name: 'idempotent() of a handler after it in Hono',
  start: async (options, work) => {
    const app = new Hono();
    app.onError((_, c) => c.text('failed', 500));
    const scope = (c: Context): string => c.req.header('x-user') ?? 'nobody';
    app.use(
      '/pay',
      idempotentHono((_, next) => next(), { ...options, scope }),
    );
    app.post('/pay', (c) => pay(c.req, work));
    return listen(app.fetch);
  },
});

describeHttp({
  name: 'idempotent() of a fetch handler',
  start: async (options, work) => {
    const scope = (request: Request): string => request.headers.get('x-user') ?? 'nobody';
    const handler = idempotentFetch((request) => pay(request, work), { ...options, scope });
    return listen((request) =>
      handler(request).catch(() => new Response('failed', { status: 500 })),
    );
  },
});

test('a handler that is left out is refused by name, by every entry', () => {
  const all = [idempotentFetch, idempotentHono, express, fastify, lambda, idempotentBatch];
  for (const wrap of all as ((handler: never, options: object) => unknown)[]) {
    expect(() => wrap(undefined as never, memoryTable())).toThrow(/handler: it must be a function/);
  }
});

test('idempotent() reads an answer that does not end until the lease ends, and no longer', async () => {
  let endless = new ReadableStream();
  const cancelled = new Promise((resolve) => {
    endless = new ReadableStream({ cancel: resolve });
  });
  const pay = idempotentFetch(() => new Response(endless), { ...memoryTable(), leaseMs: 50 });
  const headers = { 'idempotency-key': 'a' };
  const answer = pay(new Request('https://shop.example/pay', { method: 'POST', headers }));
  await expect(answer).rejects.toThrow('lease');
  expect(await cancelled).toBeInstanceOf(DoOnceLeaseLostError);
});

test('headers that were set before the handler are those of each request, in Hono', async () => {
  let requests = 0;
  const app = new Hono();
  app.use(cors({ origin: (origin) => origin }));
  app.use(async (c, next) => {
    c.header('x-request', `${++requests}`);
    await next();
    c.header('x-after', `${requests}`);
  });
  const answer = (c: Context): Response => {
    c.header('set-cookie', 'paid=1', { append: true });
    return c.text('paid', 201);
  };
  app.post('/pay', idempotentHono(answer, memoryTable()));
  app.use(
    '/next',
    idempotentHono((_, next) => next(), memoryTable()),
  );
  app.post('/next', answer);
  for (const path of ['/pay', '/next']) {
    requests = 0;
    for (const [index, origin] of ['https://a.example', 'https://b.example'].entries()) {
      const headers = { 'idempotency-key': 'a', origin };
      const said = await app.request(path, { method: 'POST', headers });
      expect([said.status, await said.text()]).toEqual([201, 'paid']);
      expect(said.headers.get('access-control-allow-origin')).toBe(origin);
      expect(said.headers.get('x-request')).toBe(`${index + 1}`);
      expect(said.headers.get('x-after')).toBe(`${index + 1}`);
      expect(said.headers.getSetCookie()).toEqual(['paid=1']);
    }
    const headers = { 'idempotency-key': 'a', origin: 'https://a.example' };
    const refused = await app.request(path, { method: 'POST', headers, body: 'other' });
    expect(refused.status).toBe(422);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://a.example');
  }
});

test('a handler of Hono that returns nothing has not answered', async () => {
  let acts = 0;
  const app = new Hono();
  app.onError(({ message }, c) => c.text(message, 500));
  const handler = (c: Context): Response | undefined => (++acts === 1 ? undefined : c.text('paid'));
  app.post('/pay', idempotentHono(handler, memoryTable()));
  app.post(
    '/nobody',
    idempotentHono((_, next) => next(), memoryTable()),
  );
  const post = async (path: string): Promise<[number, string]> => {
    const headers = { 'idempotency-key': 'a' };
    const said = await app.request(path, { method: 'POST', headers });
    return [said.status, await said.text()];
  };
  expect(await post('/pay')).toEqual([500, 'The handler returned no response']);
  expect(await post('/pay')).toEqual([200, 'paid']);
  expect(await post('/nobody')).toEqual([404, '404 Not Found']);
});

describe('a body that was read before', () => {
  const headers = { 'idempotency-key': 'a', 'content-type': 'application/json' };
  const request = (): Request =>
    new Request('https://shop.example/pay', { method: 'POST', headers, body: '{"amount":5}' });

  test('is taken from Hono, which keeps what a validator read', async () => {
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.json();
      await next();
    });
    const handler = async (c: Context) => c.json(await c.req.json());
    app.post('/pay', idempotentHono(handler, memoryTable()));
    for (const mark of [null, 'true']) {
      const answer = await app.fetch(request());
      expect(await answer.json()).toEqual({ amount: 5 });
      expect(answer.headers.get('idempotency-replayed')).toBe(mark);
    }
  });

  test('is given to the handler of Hono with the headers that it came with', async () => {
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.arrayBuffer();
      await next();
    });
    const handler = (c: Context) => c.json([...c.req.raw.headers.keys()]);
    app.post('/pay', idempotentHono(handler, memoryTable()));
    const body = new Uint8Array([1]);
    const init = { method: 'POST', headers: { 'idempotency-key': 'a' }, body };
    const answer = await app.request('/pay', init);
    expect(await answer.json()).toEqual(['idempotency-key']);
  });

  test('is refused by name elsewhere', async () => {
    const used = request();
    await used.text();
    const pay = idempotentFetch(() => new Response('paid'), memoryTable());
    await expect(pay(used)).rejects.toMatchObject({ name: 'InvalidInputError', field: 'request' });
  });
});

function memoryTable() {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(partitionedKeysTable, 'answers') };
}
