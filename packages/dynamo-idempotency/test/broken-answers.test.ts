import { listen } from '@x/conformance';
import express, { type NextFunction, type Request, type Response } from 'express';
import fastify from 'fastify';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { expect, test } from 'vitest';

import { idempotent } from '../src/express.js';
import { idempotent as idempotentFastify } from '../src/fastify.js';
import { memoryTable, post, type Said } from './post.js';

/** What Express answers twice with one key, and how often it acted. */
async function twice(
  handler: (request: Request, response: Response, next: NextFunction) => unknown,
  ...others: ((request: Request, response: Response, next: NextFunction) => unknown)[]
): Promise<{ first: Said; again: Said; acts: number }> {
  let acts = 0;
  const app = express();
  app.set('env', 'test');
  const counted = (request: Request, response: Response, next: NextFunction): unknown => {
    acts++;
    return handler(request, response, next);
  };
  app.use((_request, response, next) => {
    response.set('x-before', 'yes');
    next();
  });
  app.post('/', idempotent(counted, memoryTable()), ...others);
  app.use(((error: Error, _request, response, _next) => {
    response.status(500).end(`failed: ${error.message}`);
  }) satisfies express.ErrorRequestHandler);
  const { url, close } = await listen(app);
  const [first, again] = [await post(url), await post(url)];
  await close();
  return { first, again, acts };
}

/** Begins, and breaks. */
async function* half(): AsyncGenerator<string> {
  yield 'half';
  throw new Error('disk');
}

test.each<[string, (response: Response) => unknown]>([
  [
    'a length and throws',
    (response) => {
      response.set('content-length', '1000').write('half');
      throw new Error('disk');
    },
  ],
  [
    'its head and throws',
    (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      throw new Error('disk');
    },
  ],
  [
    'an encoding and breaks',
    (response) => {
      response.set({ 'content-encoding': 'gzip', 'content-type': 'text/csv' });
      pipeline(Readable.from(half()), createGzip(), response, () => {});
    },
  ],
])('what Express answers to an error has nothing of a handler that wrote %s', async (_, write) => {
  const { first, again, acts } = await twice((_request, response) => write(response));
  for (const { status, text, headers } of [first, again]) {
    expect([status, text]).toEqual([500, 'failed: disk']);
    expect(headers.get('content-type')).toBeNull();
    expect(headers.get('x-before')).toBe('yes');
  }
  expect(acts).toBe(2);
});

test('what Fastify answers to an error has nothing of a stream that broke', async () => {
  const app = fastify();
  app.post(
    '/',
    idempotentFastify(
      (_, reply) =>
        reply
          .headers({ 'content-encoding': 'gzip', 'content-length': '1000' })
          .send(Readable.from(half())),
      memoryTable(),
    ),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { status, text, headers } = await post(url);
  expect([status, headers.get('content-length')]).toEqual([500, `${text.length}`]);
  app.server.closeAllConnections();
  await app.close();
});

test('a status that is none is an error of the handler, as elsewhere', async () => {
  for (const status of [99, 1_000, Number.NaN]) {
    const { first, again } = await twice((_, response) => {
      response.statusCode = status;
      response.end('paid');
    });
    for (const { text } of [first, again]) expect(text).toBe('failed: No status');
  }
});

test('whoever asks whether an answer was sent, is told, and adds nothing to it', async () => {
  const asked: boolean[] = [];
  const { first, again, acts } = await twice(
    (_request, response, next) => {
      asked.push(response.headersSent);
      response.json('paid');
      next();
    },
    (_request, response) => {
      asked.push(response.headersSent);
      response.set('x-late', 'yes').status(404).end();
    },
  );
  expect(asked).toEqual([false, true]);
  for (const { status, text, headers } of [first, again]) {
    expect([status, text, headers.get('x-late')]).toEqual([200, '"paid"', null]);
  }
  expect(acts).toBe(1);
});

test('what sets headers at the last moment, sets them in the answer that is kept', async () => {
  const { first, again } = await twice(
    (_request, _response, next) => next(),
    (_request, response, next) => {
      // As the package on-headers: it knows of the moment by this call alone.
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((...given: Parameters<typeof writeHead>) => {
        response.setHeader('x-last', 'yes');
        return writeHead(...given);
      }) as typeof writeHead;
      next();
    },
    (_request, response) => void response.end('paid'),
  );
  for (const { text, headers } of [first, again]) {
    expect([text, headers.get('x-last')]).toEqual(['paid', 'yes']);
  }
});
