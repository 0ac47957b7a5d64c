import { listen } from '@x/conformance';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';

import { idempotent, type ExpressIdempotencyOptions } from '../src/express.js';
import { idempotent as idempotentFastify } from '../src/fastify.js';
import { memoryTable, post, type Said } from './post.js';

/** What Express answers twice with one key, and how often it acted. */
async function twice(
  handler: (request: Request, response: Response, next: NextFunction) => unknown,
  options: ExpressIdempotencyOptions = {},
  second: RequestHandler = (_, response) => void response.end(),
): Promise<{ first: Said; again: Said; acts: number }> {
  let acts = 0;
  const app = express();
  app.set('env', 'test');
  const counted = (request: Request, response: Response, next: NextFunction): unknown => {
    acts++;
    return handler(request, response, next);
  };
  app.post('/', idempotent(counted, { ...memoryTable(), ...options }));
  app.post('/', second);
  app.use(((_error, _request, response, _next) => {
    response.status(500).end('failed');
  }) satisfies express.ErrorRequestHandler);
  const { url, close } = await listen(app);
  const [first, again] = [await post(url), await post(url)];
  await close();
  return { first, again, acts };
}

test('a stream that does not end is refused at once, and what is written after it is dropped', async () => {
  const events = (_: Request, response: Response): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: 1\n\n'), 1);
    response.on('close', () => setTimeout(() => clearInterval(timer), 20));
  };
  const endless = (_: Request, response: Response): void => {
    Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1_000);
      })(),
    ).pipe(response);
  };
  for (const [handler, why] of [
    [events, 'stream of events'],
    [endless, 'more than 5000 bytes'],
  ] as const) {
    const { first, again, acts } = await twice(handler, { bodyBytesMax: 5_000 });
    expect(first.status).toBe(500);
    expect(first.text).toContain(why);
    expect(again.text).toBe(first.text);
    expect(acts).toBe(1);
  }
});

test('what a handler answers after its lease has ended throws nowhere', async () => {
  const late: string[] = [];
  let done: (() => void) | undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  const { first } = await twice(
    (_, response) => {
      response.on('finish', () => {
        response.status(201).json({ late: true });
        late.push('answered');
        if (late.length === 2) done?.();
      });
    },
    { leaseMs: 50 },
  );
  await finished;
  expect([first.status, first.text]).toEqual([500, 'failed']);
});

test('headers that writeHead takes as a list are all kept', async () => {
  const { first, again } = await twice((_, response) => {
    response.setHeader('set-cookie', 'before=1');
    response.writeHead(201, ['set-cookie', 'a=1', 'set-cookie', 'b=2']).end('paid');
  });
  for (const { status, headers, text } of [first, again]) {
    expect([status, text]).toEqual([201, 'paid']);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(headers.get('content-length')).toBe('4');
  }
});

test('an empty answer of status 204 or 304 is replayed as it is', async () => {
  for (const status of [204, 304]) {
    const { again, acts } = await twice((_, response) => response.status(status).end());
    expect([again.status, again.text, acts]).toEqual([status, '', 1]);
    expect(again.headers.get('content-length')).toBeNull();
  }
});

test('an answer with trailers is sent and replayed without them', async () => {
  const { first, again, acts } = await twice((_, response) => {
    response.setHeader('trailer', 'x-sum');
    response.write('paid');
    response.addTrailers({ 'x-sum': '1' });
    response.end();
  });
  expect([first.text, again.text, acts]).toEqual(['paid', 'paid', 1]);
  const app = fastify();
  app.post(
    '/',
    idempotentFastify(async (_, reply) => {
      reply.trailer('x-sum', async () => '1');
      return 'paid';
    }, memoryTable()),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const mark of [null, 'true']) {
    const { text, headers } = await post(url);
    expect([text, headers.get('idempotency-replayed')]).toEqual(['paid', mark]);
  }
  app.server.closeAllConnections();
  await app.close();
});

test('headers that were set before the handler are those of each request, in Express and Fastify', async () => {
  let requests = 0;
  const apps = { express: express(), fastify: fastify() };
  apps.express.use((_request, response, next) => {
    response.set({ 'x-request': `${++requests}`, vary: 'Origin', 'x-both': 'before' });
    response.append('set-cookie', `seen=${requests}`);
    next();
  });
  apps.express.post(
    '/',
    idempotent((_, response) => {
      response.set('x-both', 'handler');
      response.cookie('paid', '1').status(201).send('paid');
    }, memoryTable()),
  );
  apps.fastify.addHook('onRequest', async (_, reply) => {
    reply.headers({ 'x-request': `${++requests}`, vary: 'Origin', 'x-both': 'before' });
    reply.header('set-cookie', `seen=${requests}`);
  });
  apps.fastify.post(
    '/',
    idempotentFastify(
      (_, reply) =>
        reply.header('x-both', 'handler').header('set-cookie', 'paid=1').code(201).send('paid'),
      memoryTable(),
    ),
  );
  const application = await listen(apps.express);
  for (const url of [application.url, await apps.fastify.listen({ host: '127.0.0.1', port: 0 })]) {
    requests = 0;
    const answers = [await post(url), await post(url)];
    for (const [index, { status, headers, text }] of answers.entries()) {
      expect([status, text, headers.get('vary')]).toEqual([201, 'paid', 'Origin']);
      expect(headers.get('x-request')).toBe(`${index + 1}`);
      expect(headers.get('x-both')).toBe('handler');
      expect(headers.getSetCookie().join()).toMatch(new RegExp(`^seen=${index + 1},paid=1`));
    }
  }
  await application.close();
  apps.fastify.server.closeAllConnections();
  await apps.fastify.close();
});

test("a replay of Fastify has the handler's cookies, and none of another session", async () => {
  const app = fastify();
  await app.register(cookie);
  await app.register(session, { secret: 'x'.repeat(32), cookie: { secure: false } });
  app.addHook('onRequest', async (_, reply) => {
    reply.setCookie('before', 'hook');
  });
  const pay = idempotentFastify(async (request, reply) => {
    Object.assign(request.session, { paid: true });
    reply.setCookie('receipt', '17').clearCookie('cart').header('set-cookie', 'raw=1');
    return 'paid';
  }, memoryTable());
  app.post('/', pay);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const namesOf = ({ headers }: { headers: Headers }): string[] =>
    headers.getSetCookie().map((one) => one.slice(0, one.indexOf('=')));
  const [first, again] = [await post(url), await post(url)];
  expect(namesOf(first).toSorted()).toEqual(['before', 'cart', 'raw', 'receipt', 'sessionId']);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(namesOf(again).toSorted()).toEqual(['cart', 'raw', 'receipt']);
  app.server.closeAllConnections();
  await app.close();
});

test("next('route') goes on to a handler that is called once too", async () => {
  let seconds = 0;
  const { first, again } = await twice(
    (_request, _response, next) => next('route'),
    {},
    (_, response) => void response.json({ seconds: ++seconds }),
  );
  expect([first.text, again.text]).toEqual(['{"seconds":1}', '{"seconds":1}']);
});

test('a rejection with nothing is an error, and a scope that names nobody is refused', async () => {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors
  expect((await twice(() => Promise.reject(undefined))).first.status).toBe(500);
  const scope = (() => undefined) as unknown as () => string;
  const { first, acts } = await twice((_, response) => response.end(), { scope });
  expect([first.status, acts]).toEqual([500, 0]);
});

test('a handler that asks to log in is called again', async () => {
  const { again, acts } = await twice((_, response) => response.status(401).end());
  expect([again.status, acts]).toEqual([401, 2]);
});

test('hooks of Fastify are run once for an answer, and see no replay of it', async () => {
  const app = fastify();
  let sends = 0;
  app.addHook('onRequest', async (_, reply) => void reply.header('x-request', 'set'));
  app.addHook('onSend', async (_request, _reply, payload) => {
    sends++;
    return Buffer.concat([Buffer.from('['), Buffer.from(payload as string), Buffer.from(']')]);
  });
  const options = memoryTable();
  app.post(
    '/',
    idempotentFastify(async () => 'paid', options),
  );
  app.post(
    '/broken',
    idempotentFastify(async () => {
      const chunks = async function* (): AsyncGenerator<string> {
        yield 'abc';
        throw new Error('middle');
      };
      return Readable.from(chunks());
    }, options),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const mark of [null, 'true']) {
    const { text, headers } = await post(url);
    expect(text).toBe('[paid]');
    expect(headers.get('x-request')).toBe('set');
    expect(headers.get('idempotency-replayed')).toBe(mark);
    expect(sends).toBe(1);
  }
  app.server.closeAllConnections();
  await app.close();
});

test('a handler of Fastify may come to nothing, and has the application as its this', async () => {
  const app = fastify();
  app.decorate('paid', 'yes');
  const silent = async (_: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.code(204);
  };
  const sending = async (_: FastifyRequest, reply: FastifyReply): Promise<void> => {
    void reply.code(201).send('sent');
  };
  const bound = function (this: FastifyInstance): unknown {
    return Reflect.get(this, 'paid');
  };
  const answers = { silent: [204, ''], sending: [201, 'sent'], bound: [200, 'yes'] } as const;
  for (const [name, handler] of Object.entries({ silent, sending, bound })) {
    app.post(`/${name}`, idempotentFastify(handler, memoryTable()));
    app.get(`/${name}`, idempotentFastify(handler, memoryTable()));
  }
  for (const [name, answer] of Object.entries(answers)) {
    for (const method of ['GET', 'POST', 'POST'] as const) {
      const headers = { 'idempotency-key': 'a' };
      const { statusCode, body } = await app.inject({ method, url: `/${name}`, headers });
      expect([statusCode, body]).toEqual(answer);
    }
  }
  await app.close();
});
