import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with an attempt. */
export interface Step {
  readonly status?: number;
  /** The error's name; without it and `body`, an empty success. */
  readonly name?: string;
  readonly fields?: object;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How far the `Date` of the answer is ahead. */
  readonly aheadMs?: number;
  /** The connection is reset instead, or after a part of the answer. */
  readonly reset?: 'before' | 'within';
}

/** A server that answers attempts by a script. Its last step is for all that follow. */
export interface ReplayServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly seen: readonly {
    readonly token: unknown;
    readonly atMs: number;
    readonly body: string;
  }[];
  play(script: readonly Step[]): void;
}

/** Starts the server. */
export async function replayServer(): Promise<ReplayServer> {
  let script: readonly Step[] = [];
  let seen: { token: unknown; atMs: number; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const { ClientRequestToken: token } = JSON.parse(body) as { ClientRequestToken?: unknown };
      const step = script[Math.min(seen.length, script.length - 1)] ?? {};
      seen.push({ token, atMs: performance.now(), body });
      answer(step, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get seen() {
      return seen;
    },
    play: (next) => {
      script = next;
      seen = [];
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(step: Step, request: IncomingMessage, response: ServerResponse): void {
  if (step.reset === 'before') {
    request.socket.destroy();
    return;
  }
  const error = { __type: `com.amazonaws.dynamodb.v20120810#${step.name}`, message: 'm' };
  const text =
    step.body ?? JSON.stringify(step.name === undefined ? {} : { ...error, ...step.fields });
  const headers = {
    'x-amzn-requestid': 'R',
    ...(step.aheadMs !== undefined && { date: new Date(Date.now() + step.aheadMs).toUTCString() }),
    ...step.headers,
  };
  const status = step.status ?? (step.name === undefined ? 200 : 400);
  if (step.reset === 'within') {
    response.writeHead(status, { ...headers, 'content-length': 1_000 });
    response.write(text, () => request.socket.destroy());
    return;
  }
  response.writeHead(status, headers);
  response.end(text);
}
