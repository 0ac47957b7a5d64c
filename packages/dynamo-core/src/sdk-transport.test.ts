import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ManualClock } from '@x/dynamo-testing';
import { skewedServer, type SkewedServer } from '../test/skewed-server.js';
import { deadline, systemClock, type Clock } from './clock.js';
import { ServerBounds } from './server-time.js';
import { connect, type Connection, type ConnectionOptions, toTransport } from './connection.js';
import { send } from './send.js';
import type { AnswerMetadata, SdkClient } from './transport.js';
import { N, S } from './attributes.js';

const get = { TableName: 't', Key: { key: S('a') } };
const dayMs = 86_400_000;

let server: SkewedServer;
beforeEach(async () => {
  server = await skewedServer(0);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** A machine of its own: what one test learns, the next one does not know. */
function machine(): Clock {
  return { ...systemClock, serverBounds: new ServerBounds() };
}

function connection(options: ConnectionOptions): Connection {
  return connect({ tableName: 't', clock: machine(), serverClock: true, ...options }, 'keys');
}

async function putNow({ transport, clock }: Connection, signal?: AbortSignal): Promise<void> {
  const build = () => ({ TableName: 't', Item: { key: S('a'), at: N(clock.now()) } });
  await send(transport, 'PutItem', build, { signal });
}

/** By how many milliseconds the times of a request differ from the server's. */
function wrongBy(body: string): number {
  const { Item } = JSON.parse(body) as { Item: { at: { N: string } } };
  return Number(Item.at.N) - (Date.now() + server.aheadMs);
}

function applied(): string[] {
  return server.requests.filter(({ isRefused }) => !isRefused).map(({ body }) => body);
}

async function metadataOf(answer: Promise<unknown>): Promise<AnswerMetadata | undefined> {
  return ((await answer) as { $metadata?: AnswerMetadata }).$metadata;
}

describe('the transport of the SDK', () => {
  it('hands over the time and the host of each answer, and when its attempt began', async () => {
    server.aheadMs = 60_000;
    const before = Date.now();
    const metadata = await metadataOf(toTransport(server.client()).call('GetItem', get));
    expect(metadata).toMatchObject({ httpStatusCode: 200, serverHost: '127.0.0.1' });
    expect(metadata?.serverTimeMs).toBeGreaterThan(before + 58_000);
    expect(metadata?.serverTimeMs).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(metadata?.attemptDelayMs).toBeGreaterThanOrEqual(0);
    expect(metadata?.attemptDelayMs).toBeLessThanOrEqual(Date.now() - before + 1);
  });

  it('hands them over with an error, too', async () => {
    server.aheadMs = 2 * dayMs;
    const call = toTransport(server.client({ maxAttempts: 1 })).call('GetItem', get);
    const metadata = await metadataOf(call.catch((error: unknown) => error));
    expect(metadata).toMatchObject({ httpStatusCode: 400, serverHost: '127.0.0.1' });
    expect(Math.abs((metadata?.serverTimeMs ?? 0) - Date.now() - 2 * dayMs)).toBeLessThan(2_000);
  });

  it('passes on a text that a request handler rejects with, as the error that the SDK makes of it', async () => {
    const handle = (): Promise<never> => Promise.reject('no route'); // oxlint-disable-line
    const client = server.client({ maxAttempts: 1, requestHandler: { handle } });
    const call = toTransport(client).call('GetItem', get);
    await expect(call).rejects.toMatchObject({ name: 'Error', message: 'no route' });
  });

  it('leaves the commands of others alone, also where the client caches its middleware', async () => {
    const client = server.client({ cacheMiddleware: true });
    const transport = toTransport(client);
    const first = await metadataOf(transport.call('GetItem', get));
    expect(first?.serverTimeMs).toBeDefined();
    server.aheadMs = 2 * dayMs;
    const theirs = (await client.send(new GetItemCommand(get))).$metadata as AnswerMetadata;
    expect(theirs.serverTimeMs).toBeUndefined();
    const again = await metadataOf(transport.call('GetItem', get));
    expect(again?.serverTimeMs).toBeGreaterThan(Date.now() + dayMs);
  });
});

describe('the signal that the SDK gets of a deadline', () => {
  it('is heard of by all who listen when it aborts, once, and by none who ceased to', async () => {
    const clock = new ManualClock();
    const heard: string[] = [];
    const hear = (name: string) => () => void heard.push(name);
    let any: AbortSignal | undefined;
    const listen = ({ abortSignal }: { abortSignal: AbortSignal }): Promise<never> => {
      const [again, ceased] = [hear('again'), hear('ceased')];
      const [own, wrong] = [new AbortController(), new Error('of a listener')];
      abortSignal.addEventListener('abort', again, { once: true });
      abortSignal.addEventListener('abort', again);
      abortSignal.addEventListener('abort', () => {
        throw wrong;
      });
      abortSignal.addEventListener('abort', { handleEvent: hear('object') });
      abortSignal.addEventListener('abort', hear('with a signal'), { signal: own.signal });
      own.abort();
      abortSignal.addEventListener('abort', ceased);
      abortSignal.removeEventListener('abort', ceased);
      abortSignal.addEventListener('other', hear('other'));
      abortSignal.dispatchEvent(new Event('other'));
      abortSignal.addEventListener('abort', (event) => heard.push(event.type));
      any = AbortSignal.any([abortSignal]);
      return new Promise(() => {});
    };
    const transport = toTransport({ send: (_: object, options) => listen(options as never) });
    const thrown = vi.spyOn(globalThis, 'queueMicrotask').mockReturnValue();
    const call = deadline({ clock, ms: 100 }, (signal) =>
      transport.call('GetItem', get, { signal }),
    );
    call.catch(() => {});
    await clock.advance(100);
    expect(thrown.mock.calls[0]?.[0]).toThrow('of a listener');
    thrown.mockRestore();
    expect(heard.toSorted()).toEqual(['abort', 'again', 'object', 'other']);
    expect(any?.aborted).toBe(true);
    await expect(call).rejects.toThrow('No answer within 100 ms');
  });

  it('is what its listeners are called on, as the one of fetch has to be, also behind another', async () => {
    const clock = new ManualClock();
    const calledOn: unknown[] = [];
    const { call } = toTransport({
      send: (_: object, options) => {
        const { abortSignal } = options as { abortSignal: AbortSignal };
        abortSignal.addEventListener('abort', function (this: AbortSignal) {
          calledOn.push(this);
        });
        calledOn.push(abortSignal);
        return new Promise(() => {});
      },
    });
    const sent = deadline({ clock, ms: 100 }, (signal) => {
      signal.addEventListener('abort', () => {});
      return call('GetItem', get, { signal });
    });
    sent.catch(() => {});
    await clock.advance(100);
    expect(calledOn).toHaveLength(2);
    expect(calledOn[1]).toBe(calledOn[0]);
  });

  it('is made where the prototypes of the platform are frozen, too', async () => {
    const { prototype } = EventTarget;
    const names = ['addEventListener', 'removeEventListener'] as const;
    const before = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name));
    for (const name of names) Object.defineProperty(prototype, name, { writable: false });
    try {
      const send = (_: object, options?: object) => Promise.resolve({ ...options });
      const call = deadline({ clock: new ManualClock(), ms: 100 }, (signal) =>
        toTransport({ send }).call('GetItem', get, { signal }),
      );
      expect(await call).toHaveProperty('abortSignal.addEventListener');
    } finally {
      for (const [index, name] of names.entries())
        Object.defineProperty(prototype, name, before[index] as PropertyDescriptor);
    }
  });

  it("is the platform's where it is the caller's own", async () => {
    const { signal } = new AbortController();
    const send = vi.fn<SdkClient['send']>(async () => ({}));
    await toTransport({ send }).call('GetItem', get, { signal });
    expect(send).toHaveBeenCalledWith(expect.anything(), { abortSignal: signal });
    expect(Object.hasOwn(signal, 'addEventListener')).toBe(false);
  });
});

describe.each([
  ['DynamoDBClient', (client: DynamoDBClient) => client],
  [
    'DynamoDBDocumentClient',
    (client: DynamoDBClient) => DynamoDBDocumentClient.from(client) as never,
  ],
])('a clock that is days off, over %s', (_, wrap: (client: DynamoDBClient) => DynamoDBClient) => {
  it.each([2 * dayMs, -2 * dayMs, 3_600_000])('by %d ms, writes nothing wrong', async (aheadMs) => {
    server.aheadMs = aheadMs;
    const connected = connection({ dynamo: wrap(server.client()) });
    await putNow(connected);
    expect(server.requests.map(({ isRefused }) => isRefused)).toEqual([true, false]);
    await putNow(connected);
    expect(server.requests).toHaveLength(3);
    // The body that was refused never goes out again.
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(3);
    for (const body of applied()) expect(Math.abs(wrongBy(body))).toBeLessThan(2_000);
  });

  it('is known to a client per call: one request is refused, and none is built twice', async () => {
    server.aheadMs = -2 * dayMs;
    const clock = machine();
    await putNow(connection({ clock, dynamo: wrap(server.client()) }));
    await putNow(connection({ clock, dynamo: wrap(server.client()) }));
    const [, , third, fourth] = server.requests;
    expect(server.requests.map(({ isRefused }) => isRefused)).toEqual([true, false, true, false]);
    expect(Math.abs(wrongBy(third?.body ?? ''))).toBeLessThan(2_500);
    expect(Math.abs(wrongBy(fourth?.body ?? ''))).toBeLessThan(2_500);
  });

  it('is left to itself with serverClock: false', async () => {
    server.aheadMs = 2 * dayMs;
    await putNow(connection({ serverClock: false, dynamo: wrap(server.client()) }));
    expect(server.requests.map(({ isRefused }) => isRefused)).toEqual([true, false]);
    expect(wrongBy(applied()[0] ?? '')).toBeLessThan(-dayMs);
  });
});

describe('a clock that is four minutes off', () => {
  it('is right from the second request on, and the logger is warned once', async () => {
    server.aheadMs = 240_000;
    const warn = vi.fn<(message: string, error?: unknown) => void>();
    const monitoring = { logger: { ...console, debug: () => undefined, warn } };
    const connected = connection({ dynamo: server.client(), monitoring });
    for (let index = 0; index < 3; index++) await putNow(connected);
    const [first = 0, ...others] = applied().map(wrongBy);
    expect(first).toBeLessThan(-230_000);
    for (const wrong of others) expect(Math.abs(wrong)).toBeLessThan(2_000);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/about 2\d\d\.\d s behind DynamoDB/)]]);
  });

  it.each([
    ['ConditionalCheckFailedException', 400, 1],
    ['ValidationException', 400, 1],
    ['ResourceNotFoundException', 400, 1],
    ['ThrottlingException', 400, 2],
    ['InternalServerError', 500, 2],
  ])(
    'leaves %s to the rules of the SDK, as with a clock that is right',
    async (name, status, sent) => {
      const seen: number[] = [];
      for (const aheadMs of [0, 270_000]) {
        server.aheadMs = aheadMs;
        server.reply = { status, body: JSON.stringify({ __type: `x#${name}`, message: 'no' }) };
        const transport = toTransport(server.client({ maxAttempts: 2 }));
        for (const operation of ['PutItem', 'GetItem'] as const) {
          server.requests.length = 0;
          const input = { ...get, Item: get.Key };
          await expect(transport.call(operation, input)).rejects.toMatchObject({ name });
          seen.push(server.requests.length);
        }
      }
      expect(seen).toEqual([sent, sent, sent, sent]);
    },
  );

  it('is not corrected by a server that is not AWS itself, unless it is asked for', async () => {
    server.aheadMs = 240_000;
    const connected = connect({ dynamo: server.client(), tableName: 't' }, 'keys');
    for (let index = 0; index < 2; index++) await putNow(connected);
    for (const wrong of applied().map(wrongBy)) expect(wrong).toBeLessThan(-230_000);
  });
});

describe('a call that is built anew', () => {
  it('ends with the reason of its signal', async () => {
    server.aheadMs = 2 * dayMs;
    const controller = new AbortController();
    const { transport } = connection({ dynamo: server.client() });
    const reason = new Error('enough');
    const build = vi.fn<() => typeof get>(() => get);
    server.delayMs = 200;
    const call = send(transport, 'GetItem', build, { signal: controller.signal });
    await vi.waitUntil(() => build.mock.calls.length === 2, { interval: 1 });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it('passes through what DynamoDB refuses for good', async () => {
    server.aheadMs = 2 * dayMs;
    const { transport } = connection({ dynamo: server.client({ maxAttempts: 1 }) });
    await expect(send(transport, 'GetItem', () => get)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });
});
