import { listen } from '@x/conformance';
import express from 'express';
import { expect, test } from 'vitest';

import { idempotent } from '../src/express.js';
import { answerBytes, describeHttp } from './http-suite.js';

describeHttp({
  name: 'idempotent() of Express',
  start: async (options, work) => {
    const app = express();
    app.set('env', 'test');
    app.use(express.json());
    const pay = idempotent(
      async (request, response) => {
        const { status = 201, size, events, throws } = request.body;
        await work(request.body);
        if (throws) throw new Error('handler');
        response.append('set-cookie', 'a=1');
        response.append('set-cookie', 'b=2');
        if (events) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write('data: 1\n\n');
          response.end();
        } else {
          response.status(status).set('x-paid', 'yes');
          response.type('application/octet-stream');
          response.send(size === undefined ? Buffer.from(answerBytes) : Buffer.alloc(size));
        }
      },
      { ...options, scope: (request) => String(request.headers['x-user']) },
    );
    app.post('/pay', pay);
    return listen(app);
  },
});

test('idempotent() of Express refuses a body that was not parsed, and other options', async () => {
  const app = express();
  const dynamo = { call: () => new Promise<never>(() => undefined) };
  const errors: unknown[] = [];
  app.post(
    '/',
    idempotent((_, response) => response.send('x'), { dynamo, tableName: 'none' }),
  );
  app.use(((error, _request, response, _next) => {
    errors.push(error);
    response.status(500).end();
  }) satisfies express.ErrorRequestHandler);
  const application = await listen(app);
  const headers = { 'idempotency-key': 'a' };
  const { status } = await fetch(application.url, { method: 'POST', headers, body: 'x' });
  await application.close();
  expect(status).toBe(500);
  expect(String(errors)).toMatch(/request\.body.*parsed before/);
  expect(() => idempotent(() => undefined, { ttl: 5 } as object)).toThrow(/ttlSeconds/);
  expect(() => idempotent(() => undefined, { bodyBytesMax: 0 })).toThrow(/bodyBytesMax/);
});
