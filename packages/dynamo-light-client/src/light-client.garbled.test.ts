import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fetchHttp } from './fetch-http.js';
import type { HttpSender } from './http-sender.js';
import { LightClient } from './light-client.js';
import { nodeHttp } from './node-http.js';
import { undiciHttp } from './undici-http.js';

const senders: readonly (readonly [string, () => HttpSender])[] = [
  ['nodeHttp', () => nodeHttp()],
  ['undiciHttp', () => undiciHttp()],
  ['fetchHttp', () => fetchHttp()],
];
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'top-secret', sessionToken: 'token-1' };
const input = { TableName: 'keys', Key: { key: { S: 'id' } } };

const sized = (text: string) =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const garbled: Readonly<Record<string, string>> = {
  'no HTTP': 'STORED HTTP\r\n\r\n',
  'a wrong chunk':
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"Ite\r\nZZ STORED\r\n',
  'a wrong letter': sized('{"Item":{"a":{"S":STORED"}}}'),
  'a page': sized('<STORED>'),
  'a cut answer': sized('{"Item":{"a":{"S":"STORED'),
  'a list': sized('["STORED"]'),
  null: sized('null'),
  nothing: sized(''),
  'a number as bytes': sized('{"Item":{"a":{"BS":[20061978]}}}'),
};

let server: Server;
let endpoint = '';
let answer = '';
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      if (part.toString().startsWith('POST')) socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

describe.each(senders)('LightClient over %s', (_, make) => {
  it.each(Object.entries(garbled))(
    'takes %s for no answer, and shows nothing of it',
    async (_title, text) => {
      answer = text;
      const client = new LightClient({
        region: 'eu-central-1',
        endpoint,
        credentials,
        http: make(),
        maxAttempts: 1,
      });
      const error: unknown = await client.call('GetItem', input).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ $metadata: { attempts: 1 } });
      expect(error).not.toHaveProperty('$fault', 'client');
      const shown = inspect(error, { depth: 9, showHidden: true, maxArrayLength: null });
      const bytes = Buffer.from('STORED').toString('hex').match(/../g)?.join(' ');
      expect(shown).not.toMatch(new RegExp(`STORED|20061978|${bytes}|top-secret|token-1`));
      client.destroy();
    },
  );
});
