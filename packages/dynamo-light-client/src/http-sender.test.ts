import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { fetchHttp } from './fetch-http.js';
import type { HttpResponse, HttpSender } from './http-sender.js';
import { nodeHttp } from './node-http.js';
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
let answer: 'at once' | 'never' | 'redirect';
/** Of the test that runs: a request that an earlier one gave up may still arrive. */
let target: string;
const ports = new Set<number | undefined>();

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      if (request.headers['x-amz-target'] !== target) return;
      bodies.push(body);
      ports.add(request.socket.remotePort);
      if (answer === 'never') return;
      const status = answer === 'redirect' ? 302 : 200;
      response.writeHead(status, { 'x-amzn-requestid': 'R', location: '/elsewhere' });
      response.end(JSON.stringify({ path: request.url, text: '日本💥'.repeat(3_000) }));
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
});

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

  it('ends with a TimeoutError when no answer comes', async () => {
    answer = 'never';
    const http = make({ requestTimeoutMs: 30 });
    await expect(http.send(request())).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
    });
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

describe('nodeHttp', () => {
  it('opens no more connections than maxSockets', async () => {
    const http = nodeHttp({ maxSockets: 2 });
    await Promise.all(Array.from({ length: 8 }, () => http.send(request())));
    expect(ports.size).toBe(2);
    http.destroy?.();
  });

  it('does not take a blocked process for a slow server', async () => {
    const http = nodeHttp({ requestTimeoutMs: 60 });
    await http.send(request());
    const sent = http.send(request());
    await new Promise(setImmediate);
    const until = performance.now() + 150;
    while (performance.now() < until);
    expect((await sent).status).toBe(200);
    http.destroy?.();
  });

  it('marks what is lost on a kept connection', async () => {
    const http = nodeHttp();
    await http.send(request());
    answer = 'never';
    const sent = http.send(request());
    setTimeout(() => server.closeAllConnections(), 20);
    await expect(sent).rejects.toMatchObject({ code: 'ECONNRESET', reusedSocket: true });
    http.destroy?.();
  });
});
