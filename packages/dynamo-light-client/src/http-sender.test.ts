import { getEventListeners, once } from 'node:events';
import http, { Agent, createServer, type RequestOptions, type Server } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { fetchHttp } from './fetch-http.js';
import type { HttpResponse, HttpSender } from './http-sender.js';
import { nodeHttp } from './node-http.js';
import { retryCause } from './retry-cause.js';
import { undiciHttp } from './undici-http.js';

const senders: readonly (readonly [
  string,
  (limits?: { requestTimeoutMs: number }) => HttpSender,
])[] = [
  ['nodeHttp', (limits) => nodeHttp(limits)],
  ['undiciHttp', (limits) => undiciHttp(limits)],
  ['fetchHttp', (limits) => fetchHttp(limits)],
];

let server: Server;
let url: URL;
let bodies: string[] = [];
let answer: 'at once' | 'later' | 'then blocks' | 'never' | 'drips' | 'redirect';
/** Of the test that runs: a request that an earlier one gave up may still arrive. */
let target: string;
const ports = new Set<number | undefined>();
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { 'x-amz-target': sentTo, 'content-length': length } = request.headers;
      if (sentTo !== target || length !== String(Buffer.byteLength(body))) return;
      bodies.push(body);
      ports.add(request.socket.remotePort);
      sockets.add(request.socket);
      if (answer === 'never') return;
      if (answer === 'drips') {
        const drip = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(drip));
        return;
      }
      const status = answer === 'redirect' ? 302 : 200;
      response.writeHead(status, { 'x-amzn-requestid': 'R', location: '/elsewhere' });
      const text = JSON.stringify({ path: request.url, text: '日本💥'.repeat(3_000) });
      if (answer === 'later') setTimeout(() => response.end(text), 40);
      else response.end(text);
      // The answer is written by then, and not read yet.
      if (answer === 'then blocks') setImmediate(blockFor150Ms);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/stage`);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
beforeEach(() => {
  answer = 'at once';
  target = crypto.randomUUID();
  bodies = [];
  ports.clear();
  sockets.clear();
});

function blockFor150Ms(): void {
  const until = performance.now() + 150;
  while (performance.now() < until);
}

const request = (signal?: AbortSignal) => ({
  url,
  headers: ['host', url.host, 'x-amz-target', target],
  body: '{"a":"ü日本💥"}',
  signal,
});

describe.each(senders)('%s', (_, make) => {
  it('sends the body and reads the answer whole, over connections that are kept', async () => {
    const http = make();
    const answers: HttpResponse[] = [];
    for (let n = 0; n < 5; n++) answers.push(await http.send(request()));
    for (const { status, header, text } of answers) {
      expect(status).toBe(200);
      expect(header('x-amzn-requestid')).toBe('R');
      expect(header('missing')).toBeUndefined();
      expect(JSON.parse(text)).toEqual({ path: '/stage', text: '日本💥'.repeat(3_000) });
    }
    expect(new Set(bodies)).toEqual(new Set([request().body]));
    // undici may open another one before it sees that the first is free.
    expect(ports.size).toBeLessThan(answers.length);
    http.destroy?.();
  });

  it('follows no redirect', async () => {
    answer = 'redirect';
    const http = make();
    expect((await http.send(request())).status).toBe(302);
    expect(bodies).toHaveLength(1);
    http.destroy?.();
  });

  it.each(['never', 'drips'] as const)('ends in time when an answer comes %s', async (how) => {
    answer = how;
    const http = make({ requestTimeoutMs: 30 });
    await expect(http.send(request())).rejects.toMatchObject({ name: 'TimeoutError' });
    // The request itself, too: the server has its socket back.
    await vi.waitFor(() => expect([...sockets].map((socket) => socket.destroyed)).toEqual([true]));
    http.destroy?.();
  });

  it('rejects with what is repeated where a connection is lost, before the answer and within it', async () => {
    for (const how of ['never', 'drips'] as const) {
      answer = how;
      const http = make();
      const sent = http.send(request());
      await vi.waitFor(() => expect(bodies).toHaveLength(1));
      server.closeAllConnections();
      expect(retryCause(await sent.catch((error: unknown) => error))).toBe('transient');
      bodies = [];
      http.destroy?.();
    }
  });

  it('does not take a blocked process for a slow server', async () => {
    const http = make({ requestTimeoutMs: 60 });
    await http.send(request());
    answer = 'then blocks';
    expect((await http.send(request())).status).toBe(200);
    http.destroy?.();
  });

  it('ends with the reason of the signal, and leaves no listener', async () => {
    const http = make();
    const abort = new AbortController();
    await http.send(request(abort.signal));
    await new Promise(setImmediate);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    answer = 'never';
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 10);
    await expect(http.send(request(abort.signal))).rejects.toBe(reason);
    await expect(http.send(request(abort.signal))).rejects.toBe(reason);
    http.destroy?.();
  });
});

describe.each([
  ['nodeHttp', nodeHttp],
  ['undiciHttp', undiciHttp],
] as const)('%s with connections of its own', (_, make) => {
  it('lets what is under way end when it is destroyed, and closes its connection then', async () => {
    const http = make();
    answer = 'later';
    const sent = http.send(request());
    await vi.waitFor(() => expect(bodies).toHaveLength(1));
    const closed = new Promise((resolve) => {
      for (const socket of sockets) socket.once('close', resolve);
    });
    http.destroy?.();
    expect((await sent).status).toBe(200);
    await closed;
  });

  it('does not send what was given up while it waited for a connection', async () => {
    const http = make({ maxSockets: 1 });
    answer = 'later';
    const first = http.send(request());
    const abort = new AbortController();
    const second = http.send(request(abort.signal));
    const third = http.send(request());
    abort.abort('enough');
    await expect(second).rejects.toBe('enough');
    await Promise.all([first, third]);
    expect(bodies).toHaveLength(2);
    http.destroy?.();
  });

  it('opens no more connections than maxSockets', async () => {
    const http = make({ maxSockets: 2 });
    await Promise.all(Array.from({ length: 8 }, () => http.send(request())));
    expect(ports.size).toBe(2);
    http.destroy?.();
  });

  it('marks what is lost on a kept connection, and on no other', async () => {
    const http = make({ maxSockets: 1 });
    answer = 'never';
    const first = http.send(request());
    await vi.waitFor(() => expect(bodies).toHaveLength(1));
    server.closeAllConnections();
    await expect(first).rejects.not.toHaveProperty('reusedSocket');
    answer = 'at once';
    await http.send(request());
    answer = 'never';
    const sent = http.send(request());
    await vi.waitFor(() => expect(bodies).toHaveLength(3));
    server.closeAllConnections();
    await expect(sent).rejects.toMatchObject({ reusedSocket: true });
    http.destroy?.();
  });

  it.each([0, 1.5, Number.POSITIVE_INFINITY, 2 ** 31])('refuses %d as a limit', (limit) => {
    expect(() => make({ requestTimeoutMs: limit })).toThrow('requestTimeoutMs');
  });
});

describe('nodeHttp', () => {
  it('is traced by who copies the headers of a request and adds one, as OpenTelemetry does', async () => {
    const real = http.request;
    const traced: RequestOptions[] = [];
    using _ = vi.spyOn(http, 'request').mockImplementation((options) => {
      const given = options as RequestOptions;
      traced.push({ ...given, headers: Object.assign({ traceparent: '00' }, given.headers) });
      return real(traced[0] ?? {});
    });
    const sender = nodeHttp({ requestTimeoutMs: 1_000 });
    expect((await sender.send(request())).status).toBe(200);
    expect(traced).toHaveLength(1);
    sender.destroy?.();
  });

  it('ends when no connection comes, however long it may wait for an answer', async () => {
    const agent = new Agent();
    agent.createConnection = () => Object.assign(new Socket(), { connecting: true });
    const http = nodeHttp({ agent, connectTimeoutMs: 20 });
    await expect(http.send(request())).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'No connection within 20 ms',
    });
  });
});
