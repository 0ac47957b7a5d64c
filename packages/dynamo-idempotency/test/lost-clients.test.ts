import { listen } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import express, { type Request, type Response } from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { idempotent } from '../src/express.js';
import { idempotent as idempotentFastify } from '../src/fastify.js';

function memoryTable() {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(partitionedKeysTable, 'answers') };
}

/** Serves `POST /` with an answer that is given once `work` is done. */
type Start = (
  work: (socket: Socket) => Promise<void>,
) => Promise<{ url: string; close(): Promise<void> }>;

function ofExpress(answer: (response: Response) => unknown): Start {
  return async (work) => {
    const app = express();
    const handler = async ({ socket }: Request, response: Response): Promise<void> => {
      await work(socket);
      answer(response);
    };
    app.post('/', idempotent(handler, memoryTable()));
    return listen(app);
  };
}

const starts: Readonly<Record<string, Start>> = {
  'Express with json()': ofExpress((response) => response.json('paid')),
  'Express with pipe()': ofExpress((response) => Readable.from(['paid']).pipe(response)),
  'Express with pipeline()': ofExpress((response) => {
    pipeline(Readable.from(['paid']), response, () => {});
  }),
  'Express with sendFile()': ofExpress((response) => {
    response.sendFile('package.json', { root: import.meta.dirname + '/..' });
  }),
  'Fastify with a stream': async (work) => {
    const app = fastify();
    const handler = async ({ socket }: FastifyRequest): Promise<Readable> => {
      await work(socket);
      return Readable.from(['paid']);
    };
    app.post('/', idempotentFastify(handler, memoryTable()));
    return {
      url: await app.listen({ host: '127.0.0.1', port: 0 }),
      close: async () => {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  },
};

describe('the answer is kept for a client that left before it was there:', () => {
  test.each(Object.entries(starts))('%s', async (_, start) => {
    let acts = 0;
    let leave: () => void = () => {};
    const { url, close } = await start(async (socket) => {
      if (acts++ > 0) return;
      leave();
      await once(socket, 'close');
    });
    const headers = { 'idempotency-key': 'a' };
    const first = request(url, { method: 'POST', headers });
    leave = () => first.destroy();
    await expect(once(first.end(), 'response')).rejects.toThrow('socket hang up');
    const again = (): Promise<Response['statusCode']> =>
      fetch(url, { method: 'POST', headers }).then(({ status }) => status);
    await expect.poll(again, { interval: 1 }).toBe(200);
    await close();
    expect(acts).toBe(1);
  });
});

test('a handler that destroys its response is called again', async () => {
  const broken = (): Readable =>
    Readable.from(
      (async function* () {
        yield 'half';
        throw new Error('disk');
      })(),
    );
  for (const answer of [
    (response: Response) => void pipeline(broken(), response, () => {}),
    (response: Response) => void response.destroy(),
  ]) {
    let acts = 0;
    const app = express();
    const handler = (_: Request, response: Response): void => {
      if (++acts === 1) answer(response);
      else response.end('paid');
    };
    app.post('/', idempotent(handler, memoryTable()));
    app.set('env', 'test');
    const { url, close } = await listen(app);
    const post = (): Promise<globalThis.Response> =>
      fetch(url, { method: 'POST', headers: { 'idempotency-key': 'a' } });
    expect((await post()).status).toBe(500);
    expect(await (await post()).text()).toBe('paid');
    await close();
    expect(acts).toBe(2);
  }
});
