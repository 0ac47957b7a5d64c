import { Agent, request } from 'node:http';

import type { HttpRequest } from '@x/dynamo-light-client';
import { Pool } from 'undici';

/** The least that a request takes: the same bytes each time, over connections that are kept. */
type Bare = (sent: HttpRequest) => () => Promise<unknown>;

/** Node's own part of a request over `node:http`. */
export const bareNodeHttp: Bare = ({ url, headers, body }) => {
  const length = String(Buffer.byteLength(body));
  const options = {
    agent: new Agent({ keepAlive: true }),
    method: 'POST',
    headers: [...headers, 'content-length', length],
  };
  return () =>
    new Promise((resolve, reject) => {
      const sent = request(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve(text));
      });
      sent.on('error', reject).end(body);
    });
};

/** undici's own part of a request. */
export const bareUndici: Bare = ({ url, headers, body }) => {
  const { origin, pathname: path } = url;
  const pool = new Pool(origin);
  const options = { path, method: 'POST' as const, headers: [...headers], body };
  return () =>
    new Promise((resolve, reject) => {
      let text = '';
      pool.dispatch(options, {
        onRequestStart: () => {},
        onResponseStart: () => {},
        onResponseData: (_, part) => void (text += part.toString()),
        onResponseEnd: () => resolve(text),
        onResponseError: (_, error) => reject(error),
      });
    });
};

/** A program whose `run` is one bare request of a process that has just begun. */
export const bareProgram = `export function run(endpoint) {
  const { Agent, request } = process.getBuiltinModule('node:http');
  const options = { agent: new Agent({ keepAlive: true }), method: 'POST' };
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, options, (response) => response.resume().on('end', resolve));
    sent.on('error', reject).end('{"TableName":"keys","Key":{"key":{"S":"n.id"}}}');
  });
}`;
