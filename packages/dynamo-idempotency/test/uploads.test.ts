import multipart, {
  type FastifyMultipartAttachFieldsToBodyOptions,
  type FastifyMultipartOptions,
  type MultipartFile,
} from '@fastify/multipart';
import { serve } from '@hono/node-server';
import { listen, type Listening } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import express, { type RequestHandler } from 'express';
import fileUpload from 'express-fileupload';
import fastify, { type FastifyRequest } from 'fastify';
import { Hono, type Context } from 'hono';
import multer from 'multer';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';

import { idempotent } from '../src/express.js';
import { idempotent as idempotentFastify } from '../src/fastify.js';
import { idempotent as idempotentHono } from '../src/hono.js';

const binary = Uint8Array.from([0, 255, 128, 13, 10, 45, 45]);
const other = Uint8Array.from([0, 255, 128, 13, 10, 45, 46]);
const running: Listening[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

interface Given {
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly field?: string;
  readonly name?: string;
  readonly type?: string;
  readonly text?: string;
}

/** A form, with a boundary of its own each time. */
function form(given: Given = {}): FormData {
  const { bytes = binary, field = 'photo', name = 'a.png', type = 'image/png' } = given;
  const data = new FormData();
  data.append('title', given.text ?? 'Ä');
  data.append(field, new Blob([bytes], { type }), name);
  return data;
}

async function send(url: string, body: FormData, key: string = randomUUID()): Promise<Response> {
  const headers = { 'idempotency-key': key };
  return fetch(`${url}/`, { method: 'POST', headers, body });
}

function memoryTable() {
  const dynamo = new MemoryDynamo();
  return { dynamo, tableName: dynamo.createTable(partitionedKeysTable, 'answers') };
}

function expressWith(...parsers: RequestHandler[]): Promise<{ url: string; errors: unknown[] }> {
  const app = express();
  const errors: unknown[] = [];
  app.post(
    '/',
    ...parsers,
    idempotent((_, response) => response.status(201).send(randomUUID()), memoryTable()),
  );
  app.use(((error, _request, response, _next) => {
    errors.push(error);
    response.status(500).end();
  }) satisfies express.ErrorRequestHandler);
  return listen(app).then((application) => {
    running.push(application);
    return { url: application.url, errors };
  });
}

async function fastifyWith(
  options: FastifyMultipartAttachFieldsToBodyOptions | FastifyMultipartOptions,
): Promise<{ url: string; errors: unknown[] }> {
  const app = fastify();
  const errors: unknown[] = [];
  await app.register(multipart, options);
  app.setErrorHandler((error, _, reply) => {
    errors.push(error);
    return reply.code(500).send();
  });
  const answer = (request: FastifyRequest) => ({
    id: randomUUID(),
    names: Object.keys(request.body ?? {}),
  });
  app.post(
    '/',
    idempotentFastify(
      async (request, reply) => reply.code(201).send(answer(request)),
      memoryTable(),
    ),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  running.push({
    url,
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  });
  return { url, errors };
}

async function honoWith(read?: (c: Context) => Promise<unknown>): Promise<{ url: string }> {
  const app = new Hono();
  if (read) {
    app.use(async (c, next) => {
      await read(c);
      await next();
    });
  }
  const answer = async (c: Context): Promise<Response> => {
    const body = await c.req.formData();
    const fields = [...body].map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [value.name, value.type, value.size],
    ]);
    return c.json({ id: randomUUID(), fields }, 201);
  };
  app.post('/', idempotentHono(answer, memoryTable()));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  running.push({ url: '', close });
  return { url: `http://127.0.0.1:${port}` };
}

const memory = multer({ storage: multer.memoryStorage() });

test.each<[string, () => Promise<{ url: string }>]>([
  ['multer.single', () => expressWith(memory.single('photo'))],
  ['multer.array', () => expressWith(memory.array('photo'))],
  ['multer.fields', () => expressWith(memory.fields([{ name: 'photo' }]))],
  ['multer.any', () => expressWith(memory.any())],
  ['express-fileupload', () => expressWith(fileUpload())],
  ['express.raw', () => expressWith(express.raw({ type: 'multipart/form-data' }))],
  ['@fastify/multipart', () => fastifyWith({ attachFieldsToBody: true })],
  ['Hono, unread', () => honoWith()],
  ['Hono, parseBody', () => honoWith((c) => c.req.parseBody())],
  ['Hono, formData', () => honoWith((c) => c.req.formData())],
  ['Hono, arrayBuffer', () => honoWith((c) => c.req.arrayBuffer())],
])('the same form is one, and another file is refused: %s', async (_, open) => {
  const { url } = await open();
  const first = await send(url, form(), 'a');
  expect(first.status).toBe(201);
  const answer = await first.text();
  const again = await send(url, form(), 'a');
  expect([again.status, await again.text()]).toEqual([201, answer]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  for (const given of [
    { bytes: other },
    { name: 'b.png' },
    { type: 'image/jpeg' },
    { text: 'Ö' },
  ] satisfies Given[]) {
    expect((await send(url, form(given), 'a')).status).toBe(422);
  }
});

test.each<[string, () => Promise<{ url: string }>]>([
  ['multer.any', () => expressWith(memory.any())],
  ['@fastify/multipart', () => fastifyWith({ attachFieldsToBody: true })],
  ['@fastify/multipart by keys', () => fastifyWith({ attachFieldsToBody: 'keyValues' })],
])('another field, one file more and another content are refused: %s', async (_, open) => {
  const { url } = await open();
  expect((await send(url, form(), 'a')).status).toBe(201);
  expect((await send(url, form(), 'a')).status).toBe(201);
  const two = form();
  two.append('photo', new Blob([other]), 'b.png');
  for (const body of [form({ field: 'picture' }), form({ bytes: other }), two]) {
    expect((await send(url, body, 'a')).status).toBe(422);
  }
  expect((await send(url, two, 'b')).status).toBe(201);
  expect((await send(url, two, 'b')).headers.get('idempotency-replayed')).toBe('true');
});

test('a form of texts alone is one with multer.none() and with @fastify/multipart', async () => {
  for (const { url } of [
    await expressWith(memory.none()),
    await fastifyWith({ attachFieldsToBody: true }),
  ]) {
    const texts = (text: string): FormData => {
      const data = new FormData();
      data.append('title', text);
      return data;
    };
    expect((await send(url, texts('x'), 'a')).status).toBe(201);
    expect((await send(url, texts('x'), 'a')).headers.get('idempotency-replayed')).toBe('true');
    expect((await send(url, texts('y'), 'a')).status).toBe(422);
  }
});

const drained = async (part: MultipartFile): Promise<void> => {
  for await (const chunk of part.file) void chunk;
};

test.each<[string, string, () => Promise<{ url: string; errors: unknown[] }>]>([
  ['multer on the disk', 'request.file', () => expressWith(multer({ dest: tmpdir() }).any())],
  [
    'express-fileupload on the disk',
    'request.file',
    () => expressWith(fileUpload({ useTempFiles: true, tempFileDir: tmpdir() })),
  ],
  [
    'onFile of @fastify/multipart',
    'request.file',
    () => fastifyWith({ attachFieldsToBody: true, onFile: drained }),
  ],
  ['@fastify/multipart in the handler', 'request.body', () => fastifyWith({})],
  ['no parser', 'request.body', () => expressWith(express.json())],
  [
    'the parsers of Express 4',
    'request.body',
    () =>
      expressWith((request, _, next) => {
        request.body = {};
        next();
      }),
  ],
  [
    'a body that is its stream',
    'request.body',
    () =>
      expressWith((request, _, next) => {
        request.body = request;
        next();
      }),
  ],
])(
  'files that are not at hand are refused by name, and nothing is done: %s',
  async (_, field, open) => {
    const { url, errors } = await open();
    expect((await send(url, form())).status).toBe(500);
    expect(errors).toEqual([expect.objectContaining({ name: 'InvalidInputError', field })]);
    expect(String(errors)).toMatch(/memory/);
    expect(String(errors)).not.toMatch(/photo|a\.png/);
  },
);

test('a body of HTTP/2, which has no length, is refused where no parser has read it', async () => {
  const app = fastify({ http2: true });
  await app.register(multipart);
  app.post('/', idempotentFastify(() => 'done', memoryTable()) as never);
  const session = connect(await app.listen({ host: '127.0.0.1', port: 0 }));
  const ask = async (headers: object, body: string): Promise<string> => {
    const request = session.request({
      ':method': 'POST',
      'idempotency-key': randomUUID(),
      ...headers,
    });
    request.end(body);
    return text(request);
  };
  const type = { 'content-type': 'multipart/form-data; boundary=b' };
  expect(await ask(type, '--b--')).toMatch(/request\.body.*attachFieldsToBody/);
  expect(await ask({}, '')).toBe('done');
  session.close();
  await app.close();
});
