import fastifyCookie from '@fastify/cookie';
import fastifySession, { type FastifySessionOptions } from '@fastify/session';
import { describeOnEngines } from '@x/conformance';
import { keysTable } from '@x/dynamo-core';
import { injectFaults, type FaultPlan } from '@x/dynamo-testing';
import fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';

import { DynamoSessionStore } from '../src/index.js';

declare module 'fastify' {
  interface Session {
    visits?: number;
  }
}

const walk =
  '/read /visit /visit /read /again /visit /anew /visit /read /out /read /visit /read'.split(' ');

describeOnEngines('DynamoSessionStore under @fastify/session', (engine) => {
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  async function start(store: DynamoSessionStore | undefined): Promise<FastifyInstance> {
    const app = fastify();
    await app.register(fastifyCookie);
    await app.register(fastifySession, {
      secret: 'a secret with at least 32 characters',
      cookie: { secure: false, maxAge: 60_000 },
      saveUninitialized: false,
      ...(store && { store: store as NonNullable<FastifySessionOptions['store']> }),
    });
    app.get('/visit', (request, reply) => {
      request.session.visits = (request.session.visits ?? 0) + 1;
      reply.send(`visits ${request.session.visits}`);
    });
    app.get('/read', (request, reply) => {
      reply.send(`visits ${request.session.visits ?? 0}`);
    });
    app.get('/anew', (request, reply) => {
      const { sessionId } = request.session;
      request.session.regenerate(['visits'], (error) => {
        const isAnew = sessionId !== request.session.sessionId;
        reply.send(error ?? `anew ${isAnew} ${request.session.visits}`);
      });
    });
    app.get('/again', (request, reply) => {
      request.session.save(() => {
        request.session.reload((error) => {
          request.session.touch();
          reply.send(error ?? `again ${request.session.visits}`);
        });
      });
    });
    app.get('/out', (request, reply) => {
      request.session.destroy((error) => void reply.send(error ?? 'bye'));
    });
    return app;
  }

  async function seen(app: FastifyInstance): Promise<string[]> {
    const texts: string[] = [];
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    let cookie: string | undefined;
    for (const path of walk) {
      const headers = cookie === undefined ? {} : { cookie };
      const response = await fetch(`${address}${path}`, { headers });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      texts.push(`${response.status} ${await response.text()}`);
    }
    await app.close();
    return texts;
  }

  test.each<[string, FaultPlan]>([
    ['as it is', () => undefined],
    [
      'where the first response of every request is lost',
      ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined),
    ],
    [
      'where every request is throttled first',
      ({ retry }) => (retry === 0 ? { kind: 'error', name: 'ThrottlingException' } : undefined),
    ],
  ])('answers as the store in memory, %s', async (_, plan) => {
    const dynamo = engine.client();
    injectFaults(dynamo, plan);
    const memory = await seen(await start(undefined));
    expect(await seen(await start(new DynamoSessionStore({ dynamo, tableName })))).toEqual(memory);
    expect(memory.slice(3, 8)).toEqual([
      '200 visits 2',
      '200 again 2',
      '200 visits 3',
      '200 anew true 3',
      '200 visits 4',
    ]);
  });

  test('an endpoint that never answers ends in an error, in time', async () => {
    const dynamo = { call: () => new Promise<never>(() => undefined) };
    const store = new DynamoSessionStore({ dynamo, tableName, requestMsMax: 100 });
    expect((await seen(await start(store)))[1]).toMatch(/^500 /);
  });
});
