import fastifyCookie from '@fastify/cookie';
import fastifySession, { type FastifySessionOptions } from '@fastify/session';
import { describeOnEngines } from '@x/conformance';
import { keysTable } from '@x/dynamo-core';
import { injectFaults } from '@x/dynamo-testing';
import fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';

import { DynamoSessionStore } from '../src/index.js';

declare module 'fastify' {
  interface Session {
    visits?: number;
  }
}

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
    app.get('/out', (request, reply) => {
      request.session.destroy((error) => void reply.send(error ?? 'bye'));
    });
    return app;
  }

  async function seen(app: FastifyInstance): Promise<string[]> {
    const texts: string[] = [];
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    let cookie: string | undefined;
    for (const path of ['/read', '/visit', '/visit', '/read', '/out', '/read', '/visit', '/read']) {
      const headers = cookie === undefined ? {} : { cookie };
      const response = await fetch(`${address}${path}`, { headers });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      texts.push(`${response.status} ${await response.text()}`);
    }
    await app.close();
    return texts;
  }

  test('answers as the store in memory, also where first responses are lost', async () => {
    const dynamo = engine.client();
    injectFaults(dynamo, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
    const memory = await seen(await start(undefined));
    expect(await seen(await start(new DynamoSessionStore({ dynamo, tableName })))).toEqual(memory);
    expect(memory[3]).toBe('200 visits 2');
  });
});
