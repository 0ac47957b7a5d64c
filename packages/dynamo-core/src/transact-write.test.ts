import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { Answering, sdkError, type Answer } from '../test/answering.js';
import {
  cancellationReasons,
  transactWrite,
  type TransactItem,
  type TransactWriteOptions,
} from './transact-write.js';

const item: TransactItem = { Put: { TableName: 't', Item: { key: { S: 'a' } } } };

function cancelled(...codes: string[]): Error {
  const CancellationReasons = codes.map((Code) => ({ Code }));
  return sdkError('TransactionCanceledException', { CancellationReasons });
}

function setUp(answer: Answer): {
  transport: Answering;
  clock: ManualClock;
  write: (items?: readonly TransactItem[], more?: Partial<TransactWriteOptions>) => Promise<void>;
} {
  const transport = new Answering(answer);
  const clock = new ManualClock();
  const options = { transport, clock, random: seededRandom(1) };
  return {
    transport,
    clock,
    write: (items = [item], more = {}) =>
      clock.drive(transactWrite(items, { ...options, ...more })),
  };
}

describe('transactWrite()', () => {
  it('sends one request with a token of its own', async () => {
    const { transport, write } = setUp(() => ({}));
    await write();
    await write();
    const tokens = transport.requests.map(
      ({ input }) => (input as { ClientRequestToken: string }).ClientRequestToken,
    );
    expect(transport.requests[0]?.input).toEqual({
      TransactItems: [item],
      ClientRequestToken: tokens[0],
    });
    expect(new Set(tokens).size).toBe(2);
    expect(tokens[0]).toMatch(/^[\w-]{12}$/);
  });

  it("keeps the caller's token", async () => {
    const { transport, write } = setUp(() => ({}));
    await write([item], { token: 'message-7' });
    expect(transport.requests[0]?.input).toMatchObject({ ClientRequestToken: 'message-7' });
  });

  it('repeats a transaction that only met another one, under the same token', async () => {
    const { transport, write, clock } = setUp((_, index) => {
      if (index < 2) throw cancelled('None', 'TransactionConflict');
      if (index < 3) throw cancelled('ThrottlingError', 'None');
      return {};
    });
    await write([item, item]);
    expect(transport.requests).toHaveLength(4);
    expect(new Set(transport.requests.map(({ input }) => JSON.stringify(input))).size).toBe(1);
    expect(clock.monotonic()).toBeGreaterThan(0);
  });

  it('gives up after eight repeats, with the error of the SDK', async () => {
    const error = cancelled('TransactionConflict');
    const { transport, write } = setUp(() => Promise.reject(error));
    await expect(write()).rejects.toBe(error);
    expect(transport.requests).toHaveLength(9);
  });

  it.each([
    ['a condition', cancelled('ConditionalCheckFailed')],
    ['a condition beside a conflict', cancelled('ConditionalCheckFailed', 'TransactionConflict')],
    ['nothing that it names', cancelled()],
    ['no conflict', cancelled('None')],
    ['another error', sdkError('ResourceNotFoundException')],
  ])('is not repeated for %s', async (_, error) => {
    const { transport, write } = setUp(() => Promise.reject(error));
    await expect(write()).rejects.toBe(error);
    expect(transport.requests).toHaveLength(1);
  });

  it('ends with the reason of the signal while it waits', async () => {
    const controller = new AbortController();
    const { transport, write } = setUp(() => {
      controller.abort(new Error('enough'));
      throw cancelled('TransactionConflict');
    });
    await expect(write([item], { signal: controller.signal })).rejects.toThrow('enough');
    expect(transport.requests).toHaveLength(1);
  });

  it.each([
    ['no items', [], {}],
    ['more than 100', Array.from({ length: 101 }, () => item), {}],
    ['an empty token', [item], { token: '' }],
    ['a long token', [item], { token: 'x'.repeat(37) }],
  ])('refuses %s, and sends nothing', async (_, items, options) => {
    const { transport, write } = setUp(() => ({}));
    await expect(write(items, options)).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(transport.requests).toEqual([]);
  });
});

describe('cancellationReasons()', () => {
  it('has one reason for each item, with the row where it was asked for', () => {
    const error = sdkError('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { key: { S: 'a' } } }, {}],
    });
    expect(cancellationReasons(error)).toEqual([
      { code: 'ConditionalCheckFailed', item: { key: { S: 'a' } } },
      { code: 'None', item: undefined },
    ]);
  });

  it('is undefined for other errors, and empty without reasons', () => {
    expect(cancellationReasons(new Error('no'))).toBeUndefined();
    expect(cancellationReasons(undefined)).toBeUndefined();
    expect(cancellationReasons(sdkError('TransactionCanceledException'))).toEqual([]);
  });
});
