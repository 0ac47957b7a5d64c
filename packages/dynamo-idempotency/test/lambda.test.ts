import { describeOnEngines } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { injectFaults, type Fault } from '@x/dynamo-testing';
import { beforeAll, expect, test } from 'vitest';

import {
  DoOnceInProgressError,
  DoOnceMismatchError,
  idempotent,
  idempotentBatch,
} from '../src/lambda.js';

const context = { getRemainingTimeInMillis: () => 3_000 };

interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle?: string;
  readonly eventSourceARN?: string;
}

describeOnEngines('idempotent() of Lambda', (engine) => {
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  test.each<[string, Fault]>([
    ['response of every request is lost', { kind: 'drop-after' }],
    ['send of every request is throttled', { kind: 'error', name: 'ThrottlingException' }],
  ])('handles an event once, also where the first %s', async (amount, fault) => {
    const dynamo = engine.client();
    injectFaults(dynamo, ({ retry }) => (retry === 0 ? fault : undefined));
    let handled = 0;
    const handler = idempotent(
      (event: { amount: string }) => ({ paid: event.amount, times: ++handled }),
      { dynamo, tableName },
    );
    expect(await handler({ amount }, context)).toEqual({ paid: amount, times: 1 });
    expect(await handler({ amount }, context)).toEqual({ paid: amount, times: 1 });
    const more = `${amount}, more`;
    expect(await handler({ amount: more }, context)).toEqual({ paid: more, times: 2 });
  });

  test.each([
    ['a REST API', (path: string) => ({ httpMethod: 'POST', path })],
    ['an HTTP API', (rawPath: string) => ({ rawPath, http: { method: 'POST' } })],
  ])('a key of %s is one for its route, and another query is refused', async (name, routed) => {
    const paths: string[] = [];
    const request = (path: string, query: string) => {
      const { http, ...rest } = { http: undefined, ...routed(path) };
      return {
        headers: { 'Idempotency-Key': name },
        requestContext: { http },
        queryStringParameters: { query },
        body: '{}',
        ...rest,
      };
    };
    const handler = idempotent(
      (event: { path?: string; rawPath?: string }) => paths.push(event.path ?? event.rawPath ?? ''),
      { dynamo: engine.client(), tableName },
    );
    expect(await handler(request('/pay', 'a'), context)).toBe(1);
    expect(await handler(request('/refund', 'a'), context)).toBe(2);
    expect(await handler(request('/pay', 'a'), context)).toBe(1);
    await expect(handler(request('/pay', 'b'), context)).rejects.toThrow(DoOnceMismatchError);
    expect(paths).toEqual(['/pay', '/refund']);
  });

  test('a scope that names nobody is refused, and nothing is done', async () => {
    const scope = (() => undefined) as unknown as () => string;
    const handler = idempotent(() => 1, { dynamo: engine.client(), tableName, scope });
    await expect(handler({ messageId: 'n-1' }, context)).rejects.toThrow(/scope/);
  });

  test('an event of EventBridge is one by its id, and a key with another event is refused', async () => {
    let handled = 0;
    const handler = idempotent(
      (_event: {
        id: string;
        source: string;
        'detail-type': string;
        detail: object;
        time: string;
      }) => ++handled,
      { dynamo: engine.client(), tableName },
    );
    const event = { id: 'e-1', source: 'shop', 'detail-type': 'paid', detail: { a: 1 }, time: '1' };
    expect(await handler(event, context)).toBe(1);
    expect(await handler({ ...event, time: '2' }, context)).toBe(1);
    expect(await handler({ ...event, source: 'other' }, context)).toBe(2);
    await expect(handler({ ...event, detail: { a: 2 } }, context)).rejects.toThrow(
      DoOnceMismatchError,
    );
  });

  test('throws while another invocation handles it, and acts again after an error', async () => {
    let go: (() => void) | undefined;
    let fails = true;
    let begin: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const options = { dynamo: engine.client(), tableName, key: () => 'slow' };
    const handler = idempotent(async () => {
      begin?.();
      await new Promise<void>((resolve) => (go = resolve));
      if (fails) throw new Error('handler');
      return 'done';
    }, options);
    const first = handler({}, context);
    await begun;
    await expect(handler({}, context)).rejects.toThrow(DoOnceInProgressError);
    go?.();
    await expect(first).rejects.toThrow('handler');
    fails = false;
    go = undefined;
    const again = handler({}, context);
    await expect.poll(() => go).toBeDefined();
    (go as (() => void) | undefined)?.();
    expect(await again).toBe('done');
  });

  test('a record that fails comes again, and the others stay done', async () => {
    const handled: string[] = [];
    const errors: unknown[] = [];
    let bad = 'm-2';
    const handler = idempotentBatch(
      ({ messageId }: Message) => {
        handled.push(messageId);
        if (messageId === bad) throw new Error('handler');
      },
      { dynamo: engine.client(), tableName, onFailure: (error) => errors.push(error) },
    );
    const Records = ['m-1', 'm-2', 'm-3'].map((messageId) => ({ messageId, body: 'x' }));
    expect(await handler({ Records }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-2' }],
    });
    expect(errors).toHaveLength(1);
    bad = '';
    const delivered = Records.map((record) => ({ ...record, receiptHandle: 'other' }));
    expect(await handler({ Records: delivered }, context)).toEqual({ batchItemFailures: [] });
    expect(handled.toSorted()).toEqual(['m-1', 'm-2', 'm-2', 'm-3']);
    expect(await handler(delivered, context)).toEqual({ batchItemFailures: [] });
    expect(handled).toHaveLength(4);
  });

  test('a failure of a FIFO queue stops its message group, and no other', async () => {
    const handled: string[] = [];
    const errors: unknown[] = [];
    let bad = 'a-2';
    const handler = idempotentBatch(
      ({ messageId }: Message) => {
        handled.push(messageId);
        if (messageId === bad) throw new Error('handler');
      },
      { dynamo: engine.client(), tableName, onFailure: (error) => errors.push(error) },
    );
    const Records = ['a-1', 'b-1', 'a-2', 'b-2', 'a-3', 'b-3'].map((messageId) => ({
      messageId,
      body: 'x',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:1:orders.fifo',
      attributes: { MessageGroupId: messageId.slice(0, 1) },
    }));
    expect(await handler({ Records }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a-2' }, { itemIdentifier: 'a-3' }],
    });
    expect(handled).toEqual(['a-1', 'b-1', 'a-2', 'b-2', 'b-3']);
    expect(errors).toHaveLength(1);
    bad = '';
    handled.length = 0;
    expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] });
    expect(handled).toEqual(['a-2', 'a-3']);
  });

  test.each<[string, Partial<Message>]>([
    ['', {}],
    [' of a FIFO queue', { eventSourceARN: 'arn:aws:sqs:eu-west-1:1:twice.fifo' }],
  ])('a record that a batch%s holds twice is handled once, with one outcome', async (_, source) => {
    const handled: string[] = [];
    const errors: unknown[] = [];
    const handler = idempotentBatch(
      async ({ messageId, body }: Message) => {
        handled.push(messageId);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (body === 'fails') throw new Error('handler');
      },
      {
        dynamo: engine.client(),
        tableName,
        onFailure: (error) => errors.push((error as Error).message),
      },
    );
    const twice = (messageId: string, ...bodies: string[]) => {
      const Records = bodies.map((body, index) => ({
        messageId,
        body,
        receiptHandle: String(index),
        ...source,
      }));
      return handler({ Records }, context);
    };
    expect(await twice('t-1', 'x', 'x')).toEqual({ batchItemFailures: [] });
    expect(handled).toEqual(['t-1']);
    const failed = { itemIdentifier: 't-2' };
    expect(await twice('t-2', 'fails', 'fails')).toEqual({ batchItemFailures: [failed, failed] });
    expect(handled).toEqual(['t-1', 't-2']);
    expect(new Set(errors)).toEqual(new Set(['handler']));
    expect(await twice('t-3', 'x', 'other')).toEqual({
      batchItemFailures: [{ itemIdentifier: 't-3' }],
    });
    expect(handled).toEqual(['t-1', 't-2', 't-3']);
    expect(errors.at(-1)).toMatch(/payload/);
  });

  test('an endpoint that never answers fails the records, in time', async () => {
    const dynamo = { call: () => new Promise<never>(() => undefined) };
    const handler = idempotentBatch<Message>(() => undefined, {
      dynamo,
      tableName,
      requestMsMax: 50,
    });
    const Records = [{ messageId: 'm-9', body: 'x' }];
    expect(await handler({ Records }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-9' }],
    });
  });

  test('refuses events without a key where it is required, and options that are none', async () => {
    const options = { dynamo: engine.client(), tableName, required: true, key: () => undefined };
    await expect(idempotent(() => 1, options)({}, context)).rejects.toThrow(/key/);
    expect(() => idempotent(() => 1, { leaseMs: 5 } as object)).toThrow(/leaseMs/);
    expect(() => idempotentBatch(() => 1, { onError: 5 } as object)).toThrow(/onError/);
    for (const name of ['scope', 'key', 'onFailure']) {
      expect(() => idempotentBatch(() => 1, { [name]: 5 })).toThrow(name);
    }
  });
});
