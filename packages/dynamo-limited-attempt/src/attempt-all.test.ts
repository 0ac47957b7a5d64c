import { preload } from '@x/dynamo-core/mechanism';
import type { DynamoTransport } from '@x/dynamo-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { key, LimitsSetup, minuteMs } from '../test/limits-setup.js';
import type { AttemptEntry, LimiterOptions } from './index.js';

const address = {
  key: { ...key, sort: 'address' },
  limits: { attemptsMax: 4, windowMs: minuteMs },
};
const user = { key, limits: { attemptsMax: 2, windowMs: minuteMs } };
const entries: readonly AttemptEntry[] = [address, user];

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

// How many meet each other depends on the turn in which each is sent.
beforeAll(preload);

describe('attemptAll()', () => {
  test('counts an attempt of each key in one transaction, and reads nothing', async () => {
    const limiter = setup.open();
    const result = await limiter.attemptAll(entries);
    expect(result).toEqual({
      isAdmitted: true,
      retryAfterMs: 0,
      refusedBy: [],
      entries: [4, 2].map((limit) => ({
        isAdmitted: true,
        retryAfterMs: 0,
        reason: undefined,
        isBlocked: false,
        refusedBy: [],
        limit,
      })),
    });
    expect(setup.sent.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
    const { entries: left } = await limiter.attemptAll(entries, { remaining: true });
    expect(left.map(({ remaining }) => remaining)).toEqual([2, 0]);
    expect(setup.sent.map(({ operation }) => operation)).toEqual([
      'TransactWriteItems',
      'TransactWriteItems',
      'BatchGetItem',
    ]);
  });

  test('a refusal consumes nothing anywhere, and says who refuses and what is left', async () => {
    await setup.open().attemptAll(entries);
    await setup.open().attemptAll(entries);
    setup.sent.length = 0;
    const result = await setup.open().attemptAll(entries);
    expect(result).toMatchObject({
      isAdmitted: false,
      retryAfterMs: minuteMs,
      refusedBy: [1],
      entries: [{ isAdmitted: true }, { isAdmitted: false, remaining: 0, reason: 'attempts' }],
    });
    expect(setup.sent).toHaveLength(1);
    expect(await setup.open().peek(address.key, address.limits)).toMatchObject({ attempts: 2 });
    expect(await setup.open().attemptAll([address])).toMatchObject({ isAdmitted: true });
  });

  test('goes on where a window has ended, in one request by who has seen it', async () => {
    const limiter = setup.open();
    await limiter.consume(address.key, address.limits);
    await limiter.consume(user.key, user.limits);
    await setup.clock.advance(minuteMs);
    setup.sent.length = 0;
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
    expect(setup.sent).toHaveLength(1);
    await setup.clock.advance(minuteMs);
    expect(await setup.open().attemptAll(entries)).toMatchObject({ isAdmitted: true });
    expect(setup.sent).toHaveLength(3);
  });

  test('100 clients at once pass neither limit', { timeout: 30_000 }, async () => {
    const results = await setup.clock.drive(
      Promise.all(Array.from({ length: 100 }, () => setup.open().attemptAll(entries))),
    );
    expect(results.filter(({ isAdmitted }) => isAdmitted)).toHaveLength(2);
    expect(await setup.open().peek(address.key, address.limits)).toMatchObject({ attempts: 2 });
  });

  test('repeats what meets another transaction, and plain attempts repeat what meets one', async () => {
    const transport = meetingTransactions(setup);
    const limits = { attemptsMax: 100, windowMs: minuteMs };
    const all = Array.from({ length: 10 }, () => [
      setup.open({}, transport).attemptAll([{ ...address, limits }, user]),
      // A turn later, as the transaction is sent.
      Promise.resolve().then(() => setup.open({}, transport).consume(address.key, limits)),
    ]);
    const results = await setup.clock.drive(Promise.all(all.flat()));
    expect(results.filter(({ isAdmitted }) => isAdmitted)).toHaveLength(2 + 10);
    expect(await setup.open().peek(address.key, limits)).toMatchObject({ attempts: 2 + 10 });
    const sent = (operation: string): number =>
      setup.sent.filter((request) => request.operation === operation).length;
    // 35 and 34: docs/limits.md says so. Without conflicts it would be 10 each.
    for (const operation of ['TransactWriteItems', 'UpdateItem']) {
      expect(sent(operation)).toBeGreaterThan(15);
      expect(sent(operation)).toBeLessThan(60);
    }
  });

  test('a repeat after the ten minutes of its token recognises itself', async () => {
    const transport = setup.transport;
    let isFirst = true;
    const limiter = setup.open(
      {},
      {
        call: async (operation, input, options) => {
          const output = await transport.call(operation, input, options);
          if (!isFirst) return output;
          isFirst = false;
          return transport.call(operation, { ...input, ClientRequestToken: 'later' }, options);
        },
      },
    );
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
    expect(await setup.open().peek(key, user.limits)).toMatchObject({ attempts: 1 });
  });

  test('is answered by the shield while one of its keys refuses', async () => {
    const limiter = setup.open({ shield: true });
    for (let times = 0; times < 3; times++) await limiter.attemptAll(entries);
    setup.sent.length = 0;
    await setup.clock.advance(1_000);
    const refused = { isAdmitted: false, refusedBy: [1], retryAfterMs: minuteMs - 1_000 };
    expect(await limiter.attemptAll(entries)).toMatchObject(refused);
    expect(await limiter.consume(user.key, user.limits)).toMatchObject({ isAdmitted: false });
    expect(setup.sent).toEqual([]);
    await setup.clock.advance(minuteMs - 1_000);
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
    // What it has counted is not taken for what was seen before.
    setup.sent.length = 0;
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
    expect(setup.sent).toHaveLength(1);
    await setup.open().clear(user.key);
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
  });

  test('refuses without a request what no row could admit', async () => {
    const limiter = setup.open();
    const result = await limiter.attemptAll([address, { ...user, cost: 3 }]);
    expect(result).toMatchObject({ isAdmitted: false, refusedBy: [1] });
    expect(result).not.toHaveProperty('retryAfterMs');
    expect(result.entries).toMatchObject([{ isAdmitted: true }, { reason: 'cost' }]);
    expect(setup.sent).toEqual([]);
  });

  test('a signal rejects also where no row could admit it', async () => {
    const limiter = setup.open();
    const reason = new Error('enough');
    const closed = [{ key, limits: { attemptsMax: 0, windowMs: minuteMs } }];
    const given = { signal: AbortSignal.abort(reason) };
    await expect(limiter.attemptAll(closed, given)).rejects.toBe(reason);
  });

  test('takes no other value for a boolean', async () => {
    const remaining = 'yes' as unknown as boolean;
    const all = setup
      .open()
      .attemptAll([{ key, limits: { attemptsMax: 1, windowMs: 1 } }], { remaining });
    await expect(all).rejects.toMatchObject({ name: 'InvalidInputError', field: 'remaining' });
    expect(setup.sent).toEqual([]);
  });

  test('begins the block of the entry that refuses', async () => {
    const blocking = { key, limits: { ...user.limits, blockMs: 10 * minuteMs } };
    await setup.open().consume(key, user.limits, { cost: 2 });
    expect(await setup.open().attemptAll([address, blocking])).toMatchObject({
      retryAfterMs: 10 * minuteMs,
    });
    expect(await setup.open().attemptAll(entries)).toMatchObject({
      entries: [{ isAdmitted: true }, { reason: 'blocked' }],
    });
  });

  test.each<[string, readonly AttemptEntry[]]>([
    ['no entries', []],
    ['two with one key', [user, address, user]],
    ['a bad limit', [{ ...user, limits: { attemptsMax: 1 } as never }]],
  ])('refuses %s before anything is sent', async (_, given) => {
    const error = { name: 'InvalidInputError' };
    await expect(setup.open().attemptAll(given)).rejects.toMatchObject(error);
    expect(setup.sent).toEqual([]);
  });

  test.each<LimiterOptions>([
    { onStoreError: 'refuse' },
    { onStoreError: 'allow' },
    { fallback: true },
  ])('stays admitted where what is left cannot be read, with %j', async (options) => {
    const limiter = setup.open({ ...options, timeoutMs: 500 });
    setup.answersLeft = 1;
    const deciding = limiter.attemptAll(entries, { remaining: true });
    await setup.clock.advance(500);
    const result = await deciding;
    expect(result).toMatchObject({ isAdmitted: true, refusedBy: [] });
    expect(result).not.toHaveProperty('counted');
    setup.answersLeft = Infinity;
    expect(await limiter.peek(user.key, user.limits)).toMatchObject({ attempts: 1 });
  });

  test('is decided by the policy, or in memory, while the store is unavailable', async () => {
    setup.failure = Object.assign(new Error('lost'), { name: 'TimeoutError' });
    await expect(setup.open().attemptAll(entries)).rejects.toBe(setup.failure);
    const open = setup.open({ onStoreError: 'allow' });
    expect(await open.attemptAll(entries)).toMatchObject({ isAdmitted: true, counted: false });
    const closed = setup.open({ onStoreError: 'refuse' });
    expect(await closed.attemptAll(entries)).toMatchObject({
      isAdmitted: false,
      refusedBy: [0, 1],
      entries: [{ reason: 'store' }, { reason: 'store' }],
    });
    const local = setup.open({ fallback: true });
    await local.attemptAll(entries);
    await local.attemptAll(entries);
    expect(await local.attemptAll(entries)).toMatchObject({ isAdmitted: false, refusedBy: [1] });
    expect(await local.consume(address.key, address.limits)).toMatchObject({ remaining: 1 });
  });
});

/**
 * A transport on which a request takes a while, 20 ms for a transaction and 5 ms for others, and what
 * meets another one at the same key is refused as DynamoDB does: transactions for all, others for
 * transactions.
 */
function meetingTransactions({ transport, clock }: LimitsSetup): DynamoTransport {
  const underWay: { readonly keys: readonly string[]; readonly isTransaction: boolean }[] = [];
  return {
    call: async (operation, input, options) => {
      const keys = [...JSON.stringify(input).matchAll(/"sortKey":\{"S":"([^"]+)"/g)].map(
        ([, name = '']) => name,
      );
      const isTransaction = operation === 'TransactWriteItems';
      const meets = underWay.some(
        (other) =>
          (isTransaction || other.isTransaction) && other.keys.some((name) => keys.includes(name)),
      );
      const request = { keys, isTransaction };
      try {
        if (!meets) underWay.push(request);
        await clock.sleep(isTransaction ? 20 : 5);
        if (!meets) return await transport.call(operation, input, options);
      } finally {
        if (!meets) underWay.splice(underWay.indexOf(request), 1);
      }
      setup.sent.push({ operation, input });
      const reasons = keys.map(() => ({ Code: 'TransactionConflict' }));
      throw isTransaction
        ? Object.assign(new Error('conflict'), {
            name: 'TransactionCanceledException',
            CancellationReasons: reasons,
          })
        : Object.assign(new Error('conflict'), { name: 'TransactionConflictException' });
    },
  };
}
