import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDBClient as OlderClient } from 'sdk-3.862';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { SdkMismatchError } from './primitive-errors.js';
import type { SdkClient } from './transport.js';
import { toTransport, type Dynamo } from './connection.js';

const get = { TableName: 't', Key: { key: { S: 'a' } } };

/** A server that answers every GetItem with a row, once `gate` is open. */
let server: Server;
let gate: Promise<void> = Promise.resolve();
let received = 0;
const clients: DynamoDBClient[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    received += 1;
    request.resume();
    gate.then(() => {
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify({ Item: { key: { S: 'a' }, n: { N: '1' } } }));
    }, request.destroy.bind(request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
afterEach(() => {
  vi.unstubAllEnvs();
  gate = Promise.resolve();
});

function endpoint(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function configuration() {
  return {
    endpoint: endpoint(),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}

function client(): DynamoDBClient {
  const made = new DynamoDBClient(configuration());
  clients.push(made);
  return made;
}

describe('toTransport()', () => {
  it('sends through a DynamoDBClient', async () => {
    const { Item } = await toTransport(client()).call('GetItem', get);
    expect(Item).toEqual({ key: { S: 'a' }, n: { N: '1' } });
  });

  it('takes a document client, in wire shapes', async () => {
    const { Item } = await toTransport(DynamoDBDocumentClient.from(client())).call('GetItem', get);
    expect(Item).toEqual({ key: { S: 'a' }, n: { N: '1' } });
  });

  it('leaves on a client what its own send() leaves, and nothing more', async () => {
    const marshallOptions = { removeUndefinedValues: true };
    const [ours, theirs] = [client(), client()];
    const document = DynamoDBDocumentClient.from(ours, { marshallOptions });
    DynamoDBDocumentClient.from(theirs, { marshallOptions });
    await toTransport(document).call('GetItem', get);
    await toTransport(ours).call('GetItem', get);
    await theirs.send(new GetItemCommand(get));
    expect(Object.keys(ours.config)).toEqual(Object.keys(theirs.config));
    expect(ours.config).toHaveProperty('translateConfig', { marshallOptions });
    expect(ours.middlewareStack.identify()).toEqual(theirs.middlewareStack.identify());
  });

  it('calls send() with one argument when there is no signal, and with it when there is', async () => {
    const calls: unknown[][] = [];
    const spy: SdkClient = {
      send: (...args: unknown[]) => {
        calls.push(args);
        return Promise.resolve({});
      },
    };
    const transport = toTransport(spy);
    const { signal } = new AbortController();
    await transport.call('GetItem', get);
    await transport.call('GetItem', get, {});
    await transport.call('GetItem', get, { signal });
    expect(calls.map((args) => args.length)).toEqual([1, 1, 2]);
    expect(calls[0]?.[0]).toMatchObject({ input: get });
    expect(calls[2]?.[1]).toEqual({ abortSignal: signal });
  });

  it('calls send() as a method: mocks and subclasses that use `this` work', async () => {
    class Wrapper {
      readonly answer = { Item: { key: { S: 'mine' } } };
      send(): Promise<object> {
        return Promise.resolve(this.answer);
      }
    }
    expect(await toTransport(new Wrapper()).call('GetItem', get)).toEqual(new Wrapper().answer);
  });

  it('takes another transport as it is', () => {
    const transport = { call: () => Promise.resolve({}) } as Dynamo;
    expect(toTransport(transport)).toBe(transport);
  });

  it.each([null, {}, 'client', 5, { send: 5 }, () => 1, { call: true }])(
    'refuses %j as dynamo',
    (dynamo) => {
      expect(() => toTransport(dynamo as never)).toThrow(
        expect.objectContaining({ code: 'InvalidInput', field: 'dynamo' }),
      );
    },
  );

  it('makes one default client, on the first call', async () => {
    const transport = toTransport();
    // Only a client that is made now sees this.
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint());
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const answers = await Promise.all([
      transport.call('GetItem', get),
      transport.call('GetItem', get),
    ]);
    expect(answers.map(({ Item }) => Item?.['n'])).toEqual([{ N: '1' }, { N: '1' }]);
  });
});

describe('a signal', () => {
  it('that is aborted already sends nothing', async () => {
    const before = received;
    const reason = new Error('enough');
    const call = toTransport(client()).call('GetItem', get, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    expect(received).toBe(before);
  });

  it('that aborts under way ends the call with its reason', async () => {
    let open = (): void => {};
    gate = new Promise((resolve) => (open = resolve));
    const before = received;
    const controller = new AbortController();
    const call = toTransport(client()).call('GetItem', get, { signal: controller.signal });
    const reason = new Error('enough');
    const failed = call.catch((error: unknown) => error);
    await vi.waitUntil(() => received > before);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    open();
  });

  it('leaves an AbortError alone that it did not cause', async () => {
    const error = Object.assign(new Error('the handler gave up'), { name: 'AbortError' });
    const transport = toTransport({ send: () => Promise.reject(error) });
    const { signal } = new AbortController();
    await expect(transport.call('GetItem', get, { signal })).rejects.toBe(error);
  });
});

describe('a client of another copy of the SDK', () => {
  it('is refused with both versions and the way out, and nothing is sent', async () => {
    const before = received;
    const client = new OlderClient(configuration());
    const failure = toTransport(client).call('GetItem', get);
    await expect(failure).rejects.toThrow(SdkMismatchError);
    await expect(failure).rejects.toMatchObject({ clientVersion: '3.862.0' });
    expect(received).toBe(before);
    client.destroy();
  });

  it('is not blamed for an error of a mock', async () => {
    const client = { send: () => Promise.reject(new Error('from the mock')) };
    await expect(toTransport(client).call('GetItem', get)).rejects.toThrow('from the mock');
  });
});
