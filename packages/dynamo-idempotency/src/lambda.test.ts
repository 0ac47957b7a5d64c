import { partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { idempotent, idempotentBatch, type LambdaBatchOptions } from './lambda.js';

const context = { getRemainingTimeInMillis: () => 3_000 };
const Records = ['m-1', 'm-2'].map((messageId) => ({ messageId, body: 'x' }));
const failed = { batchItemFailures: [{ itemIdentifier: 'm-1' }, { itemIdentifier: 'm-2' }] };

function table(): { dynamo: MemoryDynamo; tableName: string } {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, 'marks');
  return { dynamo, tableName: 'marks' };
}

test.each<[string, LambdaBatchOptions<unknown>['onFailure']]>([
  [
    'throws',
    () => {
      throw new Error('listener');
    },
  ],
  ['rejects', () => Promise.reject(new Error('listener'))],
])('an onFailure that %s changes no answer, and is reported', async (_, onFailure) => {
  const lines: string[] = [];
  const ignore = (): void => undefined;
  const warn = (line: string): void => void lines.push(line);
  const logger = { debug: ignore, info: ignore, warn, error: ignore };
  const handler = idempotentBatch(
    (_record: object) => {
      throw new RangeError('handler');
    },
    { ...table(), monitoring: { logger }, onFailure },
  );
  expect(await handler({ Records }, context)).toEqual(failed);
  expect(lines).toEqual(['onFailure fails (Error)', 'onFailure fails (Error)']);
});

test('idempotent() names the context where it is left out', async () => {
  const handler = idempotent((event: { id: string }) => event.id, table());
  await expect((handler as (event: object) => Promise<string>)({ id: 'a' })).rejects.toMatchObject({
    name: 'InvalidInputError',
    field: 'context',
  });
});

test.each<[string, unknown]>([
  ['a callback, as Lambda does', () => undefined],
  ['a signal, as middy does', { signal: new AbortController().signal }],
])('handles an event once where the runtime also passes %s', async (_, third) => {
  let handled = 0;
  const handler = idempotent((event: { id: string }) => [event.id, ++handled], table());
  const invoke: (...given: unknown[]) => Promise<unknown> = handler as never;
  expect(await invoke({ id: 'a' }, context, third)).toEqual(['a', 1]);
  expect(await invoke({ id: 'a' }, context, third)).toEqual(['a', 1]);
  // The runtime of Node.js 24 refuses a handler that takes a callback.
  expect(handler).toHaveLength(2);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['false', false],
  ['a list', [1, [2]]],
])('a repeat is given what the first returned: %s', async (_, value) => {
  let handled = 0;
  const handler = idempotent((_event: object) => (handled++, value), table());
  expect([await handler({}, context), await handler({}, context)]).toEqual([value, value]);
  expect(handled).toBe(1);
});

test.each<[string, unknown]>([
  ['too large', 'x'.repeat(420_000)],
  ['no JSON', new Map([['a', 1]])],
])(
  'a repeat of what returned something that is %s is refused, and handled in a batch',
  async (_, value) => {
    let handled = 0;
    const options = table();
    const act = (_event: object): unknown => (handled++, value);
    const handler = idempotent(act, options);
    const event = { messageId: 'm-1', body: 'x' };
    expect(await handler(event, context)).toBe(value);
    await expect(handler(event, context)).rejects.toMatchObject({ name: 'UnreadableRowError' });
    expect(await idempotentBatch(act, options)([event], context)).toEqual({
      batchItemFailures: [],
    });
    expect(handled).toBe(1);
  },
);

test('a form is one in each repeat of it, also from a load balancer that sends lists', async () => {
  const event = (boundary: string, file: string) => ({
    multiValueHeaders: {
      'Idempotency-Key': ['a'],
      'Content-Type': [`multipart/form-data; boundary=${boundary}`],
    },
    requestContext: {},
    httpMethod: 'POST',
    path: '/photos',
    isBase64Encoded: true,
    body: Buffer.from(`--${boundary}\r\nname="photo"\r\n\r\n${file}\r\n--${boundary}--`).toString(
      'base64',
    ),
  });
  let handled = 0;
  const handler = idempotent((_event: object) => ++handled, { ...table(), required: true });
  expect(await handler(event('b1', 'x'), context)).toBe(1);
  expect(await handler(event('b2', 'x'), context)).toBe(1);
  const quoted = event('b 3', 'x');
  quoted.multiValueHeaders['Content-Type'] = ['multipart/form-data; boundary="b 3"'];
  expect(await handler(quoted, context)).toBe(1);
  await expect(handler(event('b2', 'y'), context)).rejects.toThrow(/another payload/);
});

test.each<[string, (method: string) => object]>([
  ['a REST API', (httpMethod) => ({ httpMethod, path: '/paid', requestContext: {} })],
  ['an HTTP API', (method) => ({ rawPath: '/paid', requestContext: { http: { method } } })],
])(
  'a request of %s that changes nothing is handled each time, with a key and without',
  async (_, of) => {
    let handled = 0;
    const handler = idempotent((_event: object) => ++handled, { ...table(), required: true });
    for (const headers of [{ 'Idempotency-Key': 'a' }, { 'Idempotency-Key': 'a' }, {}]) {
      const before = handled;
      expect(await handler({ ...of('GET'), headers }, context)).toBe(before + 1);
    }
    const headers = { 'Idempotency-Key': 'a' };
    expect(await handler({ ...of('POST'), headers }, context)).toBe(4);
    expect(await handler({ ...of('POST'), headers }, context)).toBe(4);
    await expect(handler(of('POST'), context)).rejects.toThrow(/key/);
  },
);

test('a record that is null is named, and those beside it are handled', async () => {
  const handled: unknown[] = [];
  const handler = idempotentBatch((record: object) => {
    if (record === null) throw new RangeError('nothing to handle');
    handled.push(record);
  }, table());
  const batch = [null as unknown as object, ...Records];
  await expect(handler(batch, context)).rejects.toMatchObject({ field: 'record' });
  expect(handled).toEqual(Records);
});
