import { beforeEach, describe, expect, test } from 'vitest';

import { key, LimitsSetup, minuteMs } from '../test/limits-setup.js';
import {
  fixedWindow,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type LimitedAttempt,
  type LimiterOptions,
  type StoreErrorPolicy,
} from './index.js';

const limit = { attemptsMax: 2, windowMs: minuteMs };
const other = { ...key, sort: 'user-2' };

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

function failure(fields: object): Error {
  return Object.assign(new Error('failed'), fields);
}

const unavailable: [string, object][] = [
  ['throttling', { name: 'ProvisionedThroughputExceededException', $fault: 'client' }],
  ['throttling of an account', { name: 'ThrottlingException', $fault: 'client' }],
  ['a 500', { name: 'InternalServerError', $fault: 'server' }],
  ['a 503', { name: 'Unknown', $metadata: { httpStatusCode: 503 } }],
  ['no answer', { name: 'TimeoutError' }],
  ['a refused connection', { code: 'ECONNREFUSED' }],
  ['a lost connection of fetch', { name: 'TypeError', cause: { code: 'UND_ERR_SOCKET' } }],
  [
    'a throttled transaction',
    {
      name: 'TransactionCanceledException',
      $fault: 'client',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }],
    },
  ],
];

const faults: [string, object][] = [
  ['a missing table', { name: 'ResourceNotFoundException', $fault: 'client' }],
  ['no access', { name: 'AccessDeniedException', $fault: 'client' }],
  ['a bad request', { name: 'ValidationException', $fault: 'client' }],
  ['no credentials', { name: 'CredentialsProviderError' }],
  ['another copy of the SDK', { name: 'SdkMismatchError' }],
  ['a bug', { name: 'TypeError' }],
];

describe.each(['allow', 'refuse'] as const)("with onStoreError: '%s'", (onStoreError) => {
  test.each(unavailable)('%s is unavailability', async (_, fields) => {
    setup.failure = failure(fields);
    const result = await setup.clock.drive(setup.open({ onStoreError }).consume(key, limit));
    expect(result).toMatchObject({ isAdmitted: onStoreError === 'allow', counted: false });
  });

  test.each(faults)('%s is not, and is thrown', async (_, fields) => {
    setup.failure = failure(fields);
    const limiter = setup.open({ onStoreError, fallback: true });
    await expect(limiter.consume(key, limit)).rejects.toBe(setup.failure);
    await expect(limiter.attemptAll([{ key, limits: limit }])).rejects.toBe(setup.failure);
  });
});

describe('onStoreError', () => {
  test("'refuse' answers with the reason `store`, and attempt() throws it", async () => {
    setup.failure = failure({ code: 'ECONNRESET' });
    const limiter = setup.open({ onStoreError: 'refuse' });
    const result = await limiter.consume(key, limit);
    expect(result).toMatchObject({ isAdmitted: false, reason: 'store', counted: false });
    expect(result).not.toHaveProperty('retryAfterMs');
    await expect(limiter.attempt(key, limit)).rejects.toMatchObject({
      name: 'AttemptsError',
      reason: 'store',
    });
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
  });

  test('is taken from options of a class, too', async () => {
    setup.failure = failure({ code: 'ECONNRESET' });
    const options = { dynamo: setup.transport, tableName: 'a', clock: setup.clock };
    const limiter = setup.openWith(Object.create({ ...options, onStoreError: 'allow' }) as never);
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true });
  });

  test('a function decides for each error and key', async () => {
    setup.failure = failure({ code: 'ECONNRESET' });
    const asked: unknown[] = [];
    const limiter = setup.open({
      onStoreError: (error, { sort }) => {
        asked.push(error, sort);
        return sort === 'user-1' ? 'allow' : 'throw';
      },
    });
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true });
    await expect(limiter.consume({ ...key, sort: 'x' }, limit)).rejects.toBe(setup.failure);
    expect(asked).toEqual([setup.failure, 'user-1', setup.failure, 'x']);
    const wrong = setup.open({ onStoreError: () => 'open' as StoreErrorPolicy });
    await expect(wrong.consume(key, limit)).rejects.toMatchObject({ field: 'onStoreError' });
  });

  test('never turns into an admission what no limit would admit', async () => {
    setup.failure = failure({ code: 'ECONNRESET' });
    const limiter = setup.open({ onStoreError: 'allow' });
    expect(await limiter.consume(key, limit, { cost: 3 })).toMatchObject({ reason: 'cost' });
  });

  test('stands in the first argument or in the second', async () => {
    setup.failure = failure({ code: 'ECONNRESET' });
    expect(await setup.open({ onStoreError: 'allow' }).tryAttempt(key, limit)).toMatchObject({
      counted: false,
    });
  });
});

describe('timeoutMs', () => {
  test.each<[string, LimiterOptions, number | undefined]>([
    ['of the limiter', { timeoutMs: 500 }, undefined],
    ['of the call', {}, 500],
  ])('%s bounds a decision, and counts as unavailable', async (_, options, timeoutMs) => {
    setup.isSilent = true;
    const open = setup.open({ ...options, onStoreError: 'allow' });
    const decisions = Promise.all([
      open.consume(key, limit, { timeoutMs }),
      open.tryAttempt(key, limit, { timeoutMs }).then((attempt) => attempt?.counted),
      open.record(key, limit, { timeoutMs }),
      open.attemptAll([{ key, limits: limit }], { timeoutMs }),
    ]);
    await setup.clock.advance(500);
    expect(await decisions).toMatchObject([
      { isAdmitted: true },
      false,
      { isAdmitted: true },
      { isAdmitted: true },
    ]);
    const throwing = expect(
      setup.open(options).consume(key, limit, { timeoutMs }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
    await setup.clock.advance(500);
    await throwing;
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('a signal always rejects with its reason, whatever it is', async () => {
    setup.isSilent = true;
    const limiter = setup.open({ onStoreError: 'allow', fallback: true, timeoutMs: 1_000 });
    const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => limiter.attempt(key, limit, { signal }),
      (signal) => limiter.tryAttempt(key, limit, { signal }),
      (signal) => limiter.consume(key, limit, { signal }),
      (signal) => limiter.record(key, limit, { signal }),
      (signal) => limiter.refund(key, limit, { signal }),
      (signal) => limiter.block(key, 1_000, { signal }),
      (signal) => limiter.unblock(key, { signal }),
      (signal) => limiter.clear(key, { signal }),
      (signal) => limiter.peek(key, limit, { signal }),
      (signal) => limiter.wait(key, limit, { signal }),
      (signal) => limiter.attemptAll([{ key, limits: limit }], { signal }),
    ];
    for (const call of calls) {
      for (const reason of [new Error('enough'), null]) {
        const controller = new AbortController();
        const ended = expect(call(controller.signal)).rejects.toBe(reason);
        controller.abort(reason);
        await ended;
        await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
      }
    }
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test.each([0, -1, NaN])('is not %s', async (timeoutMs) => {
    expect(() => setup.open({ timeoutMs })).toThrow('timeoutMs');
    await expect(setup.open().consume(key, limit, { timeoutMs })).rejects.toThrow('timeoutMs');
  });
});

describe('fallback', () => {
  test('decides by the same limits in memory, before onStoreError is asked', async () => {
    setup.failure = failure({ code: 'ECONNREFUSED' });
    const limiter = setup.open({ fallback: true, onStoreError: 'refuse' });
    const both = [limit, { attemptsMax: 3, windowMs: 2 * minuteMs, algorithm: slidingLog }];
    expect(await limiter.consume(key, both)).toMatchObject({ remaining: 1, counted: false });
    expect(await limiter.tryAttempt(key, both)).toMatchObject({ counted: false });
    expect(await limiter.consume(key, both)).toMatchObject({
      isAdmitted: false,
      reason: 'attempts',
      refusedBy: [0],
      retryAfterMs: minuteMs,
    });
    await setup.clock.advance(minuteMs);
    expect(await limiter.record(key, both, { cost: 5 })).toMatchObject({ refusedBy: [0, 1] });
    setup.failure = undefined;
    const counted = await limiter.consume(key, both);
    expect(counted).toMatchObject({ attempts: 1 });
    expect(counted).not.toHaveProperty('counted');
  });

  test.each([fixedWindow, slidingLog, slidingCounter, tokenBucket])(
    'answers a record as the table does: $name',
    async (algorithm) => {
      const five = { attemptsMax: 5, windowMs: minuteMs, algorithm };
      const limiter = setup.open({ fallback: true });
      for (const cost of [5, 2]) {
        const fromTable = await limiter.record(key, five, { cost });
        setup.failure = failure({ code: 'ECONNREFUSED' });
        expect(await limiter.record(key, five, { cost })).toEqual({ ...fromTable, counted: false });
        setup.failure = undefined;
      }
    },
  );

  test('forgets what was cleared while the table was there', async () => {
    const limiter = setup.open({ fallback: true });
    for (const remaining of [1, 0, 1]) {
      setup.failure = failure({ code: 'ECONNREFUSED' });
      expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true, remaining });
      setup.failure = undefined;
      if (remaining === 0) await limiter.clear(key);
    }
  });

  test('forgets what an attempt of its own clears', async () => {
    setup.failure = failure({ code: 'ECONNREFUSED' });
    const limiter = setup.open({ fallback: true });
    for (let logins = 0; logins < 3; logins++) {
      await limiter.attempt(key, limit);
      const attempt = await limiter.attempt(key, limit);
      expect([attempt.counted, attempt.remaining]).toEqual([false, 0]);
      await attempt.clear();
    }
  });

  test('begins blocks, too', async () => {
    setup.failure = failure({ code: 'ECONNREFUSED' });
    const limiter = setup.open({ fallback: true });
    const blocking = { ...limit, blockMs: 10 * minuteMs };
    await limiter.consume(key, blocking, { cost: 2 });
    expect(await limiter.consume(key, blocking)).toMatchObject({ retryAfterMs: 10 * minuteMs });
    await setup.clock.advance(minuteMs);
    expect(await limiter.consume(key, blocking)).toMatchObject({ reason: 'blocked' });
    // Somebody ends it while the table is there.
    setup.failure = undefined;
    await limiter.unblock(key);
    setup.failure = failure({ code: 'ECONNREFUSED' });
    expect(await limiter.consume(key, blocking)).toMatchObject({ isAdmitted: true });
  });
});

const blocking = { ...limit, attemptsMax: 1, blockMs: 10 * minuteMs };

// Its refusal came in time; the request that begins its block is lost.
describe.each<[string, LimiterOptions]>([
  ["onStoreError: 'allow'", { onStoreError: 'allow' }],
  ["onStoreError: 'refuse'", { onStoreError: 'refuse' }],
  ['a function', { onStoreError: () => 'allow' }],
  ['fallback', { fallback: true }],
])('what the table has refused stays refused with %s,', (_, options) => {
  test.each<[string, (limiter: LimitedAttempt) => Promise<unknown>]>([
    ['consume()', (limiter) => limiter.consume(key, blocking)],
    [
      'attemptAll()',
      async (limiter) =>
        (
          await limiter.attemptAll([
            { key, limits: blocking },
            { key: other, limits: limit },
          ])
        ).entries[0],
    ],
  ])('by %s, where the next request fails and where it is not answered', async (_name, run) => {
    await setup.open().attempt(key, blocking);
    const limiter = setup.open({ ...options, timeoutMs: 500 });
    const refused = { isAdmitted: false, reason: 'attempts', isBlocked: false };
    setup.answersLeft = 1;
    const deciding = run(limiter);
    await setup.clock.advance(500);
    expect(await deciding).toMatchObject(refused);
    setup.answersLeft = Infinity;
    const { transport } = setup;
    const failing = setup.open(options, {
      call: (operation, input, callOptions) => {
        const isBlock = JSON.stringify(input).includes(':set_blockedUntil');
        setup.failure = isBlock ? failure({ code: 'ECONNRESET' }) : undefined;
        return transport.call(operation, input, callOptions);
      },
    });
    expect(await run(failing)).toMatchObject(refused);
    setup.failure = undefined;
    expect(await setup.open().peek(key, blocking)).toMatchObject({ isBlocked: false, attempts: 1 });
  });
});
