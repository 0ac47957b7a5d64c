import type { DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import {
  alignedWindow,
  AttemptsError,
  calendarWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingLog,
  tokenBucket,
  type AttemptLimit,
  type AttemptLimits,
  type LimiterOptions,
  type PartitionedRowsOptions,
} from './index.js';

const tableName = 'attempts';
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const limit = { attemptsMax: 2, validityTime: 60_000 };

let memory: MemoryDynamo;
let clock: ManualClock;
let sent: number;
/** What the next requests meet instead of the table. */
let failure: Error | undefined;

beforeEach(() => {
  memory = new MemoryDynamo();
  memory.createTable(partitionedKeysTable, tableName);
  clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  sent = 0;
  failure = undefined;
});

function open(options: LimiterOptions = {}, seed = 1): LimitedAttempt {
  const dynamo: DynamoTransport = {
    call: async (operation, input, callOptions) => {
      sent++;
      if (failure) throw failure;
      return memory.call(operation, input, callOptions);
    },
  };
  return new LimitedAttempt({ dynamo, tableName, clock, random: seededRandom(seed) }, options);
}

async function fill(limiter: LimitedAttempt): Promise<void> {
  await limiter.attempt(key, limit);
  await limiter.attempt(key, limit);
  expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
  sent = 0;
}

describe('the shield', () => {
  test('is off: a refusal is always asked for', async () => {
    const limiter = open();
    await fill(limiter);
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    expect(sent).toBe(1);
  });

  test('answers repeated refusals without a request until retryAfterMs is over', async () => {
    const limiter = open({ shield: true });
    await fill(limiter);
    await clock.advance(59_999);
    await expect(limiter.attempt(key, limit)).rejects.toMatchObject({ retryAfterMs: 1 });
    expect(sent).toBe(0);
    await clock.advance(1);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
  });

  test('lets attempts of this process through that were given back', async () => {
    const limiter = open({ shield: true });
    const attempt = await limiter.attempt(key, limit);
    await limiter.attempt(key, limit);
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    expect(await attempt.refund()).toBe(true);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    await limiter.clear(key);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
  });

  test('hides what another process clears for maskMsMax and no longer', async () => {
    const limiter = open({ shield: { maskMsMax: 500 } });
    await fill(limiter);
    await open({}, 2).clear(key);
    await clock.advance(499);
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    await clock.advance(1);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
  });

  test('does not keep a refusal that was asked for before a clear', async () => {
    const limiter = open({ shield: true });
    await fill(limiter);
    const other = new LimitedAttempt(
      {
        dynamo: {
          call: async (operation, input, options) => {
            const output = await memory
              .call(operation, input, options)
              .catch((error: unknown) => error);
            // The answer is on its way while the key is cleared.
            if (operation === 'UpdateItem') await other.clear(key);
            if (output instanceof Error) throw output;
            return output as Awaited<ReturnType<typeof memory.call<typeof operation>>>;
          },
        },
        tableName,
        clock,
      },
      { shield: true },
    );
    expect(await other.tryAttempt(key, limit)).toBeUndefined();
    expect(await other.tryAttempt(key, limit)).toBeDefined();
  });

  test('remembers no more keys than it may', async () => {
    const limiter = open({ shield: true, rememberedKeysMax: 1 });
    await fill(limiter);
    await limiter.attempt({ ...key, sort: 'user-2' }, limit);
    sent = 0;
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    expect(sent).toBe(1);
  });

  test('tells keys apart that look alike', async () => {
    const limiter = open({ shield: true });
    await fill(limiter);
    const alike = { partition: 'login/attempts.user-1', namespace: '', sort: 'x' };
    expect(await limiter.tryAttempt(alike, limit)).toBeDefined();
  });
});

describe('a failing store', () => {
  const lost = Object.assign(new Error('lost'), { name: 'TimeoutError' });

  test("is the transport's own error, never a refusal", async () => {
    const limiter = open();
    failure = lost;
    await expect(limiter.attempt(key, limit)).rejects.toBe(lost);
    await expect(limiter.tryAttempt(key, limit)).rejects.toBe(lost);
  });

  test("admits without counting with onStoreError: 'allow'", async () => {
    const limiter = open({ onStoreError: 'allow' });
    failure = lost;
    const attempt = await limiter.attempt(key, limit, 'context');
    expect(attempt).toMatchObject({ counted: false, context: 'context' });
    await attempt.clear();
    expect(await attempt.refund()).toBe(false);
    await expect(limiter.peek(key, limit)).rejects.toBe(lost);
    failure = undefined;
    expect(await limiter.attempt(key, limit)).toMatchObject({ counted: true, attempts: 1 });
  });

  test("never admits what was refused or not understood with onStoreError: 'allow'", async () => {
    const limiter = open({ onStoreError: 'allow' });
    await fill(limiter);
    await expect(limiter.attempt(key, limit)).rejects.toBeInstanceOf(AttemptsError);
    await expect(limiter.attempt(key, { ...limit, attemptsMax: -1 })).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
    await memory.call('PutItem', {
      TableName: tableName,
      Item: {
        partitionKey: { S: 'login' },
        sortKey: { S: 'attempts.user-1' },
        data: { S: 'not a state' },
      },
    });
    await expect(limiter.attempt(key, limit)).rejects.toMatchObject({ name: 'UnreadableRowError' });
  });

  test("does not stand for a caller that gave up, with onStoreError: 'allow'", async () => {
    const limiter = open({ onStoreError: 'allow' });
    failure = new Error('enough');
    const signal = AbortSignal.abort(failure);
    await expect(limiter.attempt(key, limit, { signal })).rejects.toBe(failure);
  });
});

describe('bad input is refused before anything is sent:', () => {
  const cases: [string, AttemptLimits, string, number?][] = [
    ['a negative attemptsMax', { ...limit, attemptsMax: -1 }, 'attemptsMax'],
    ['a fractional attemptsMax', { ...limit, attemptsMax: 1.5 }, 'attemptsMax'],
    ['an infinite attemptsMax', { ...limit, attemptsMax: Infinity }, 'attemptsMax'],
    ['a log of 101', { ...limit, attemptsMax: 101, algorithm: slidingLog }, 'attemptsMax'],
    ['validityTime 0', { ...limit, validityTime: 0 }, 'validityTime'],
    ['a negative validityTime', { ...limit, validityTime: -1 }, 'validityTime'],
    ['a fractional validityTime', { ...limit, validityTime: 0.5 }, 'validityTime'],
    ['an infinite validityTime', { ...limit, validityTime: Infinity }, 'validityTime'],
    ['NaN as validityTime', { ...limit, validityTime: NaN }, 'validityTime'],
    ['blockMs 0', { ...limit, blockMs: 0 }, 'blockMs'],
    ['windowMs beside validityTime', { ...limit, windowMs: 60_000 } as never, 'validityTime'],
    ['burst for a window', { ...limit, burst: 3 }, 'burst'],
    ['burst 0', { ...limit, burst: 0, algorithm: tokenBucket }, 'burst'],
    ['offsetMs for a bucket', { ...limit, offsetMs: 3, algorithm: tokenBucket }, 'offsetMs'],
    ['a fractional offsetMs', { ...limit, offsetMs: 0.5, algorithm: alignedWindow }, 'offsetMs'],
    ['a window for a calendar', { ...limit, algorithm: calendarWindow('day') }, 'validityTime'],
    ['cost 0', limit, 'cost', 0],
    ['a fractional cost', limit, 'cost', 1.5],
    ['no limits', [], 'limits'],
    ['five limits', [limit, limit, limit, limit, limit], 'limits'],
    ['a gap in the list', Array<AttemptLimit>(2), 'limits'],
    ['no object as a limit', null as unknown as AttemptLimits, 'limits'],
    ['no limit at all', undefined as unknown as AttemptLimits, 'limits'],
    ['a name as algorithm', { ...limit, algorithm: 'fixed' as never }, 'algorithm'],
    ['a calendar of no unit', { ...limit, algorithm: calendarWindow as never }, 'algorithm'],
  ];

  test.each(cases)('%s', async (_, limits, field, cost) => {
    const limiter = open();
    const error = { name: 'InvalidInputError', field };
    await expect(limiter.attempt(key, limits, { cost })).rejects.toMatchObject(error);
    await expect(limiter.tryAttempt(key, limits, { cost })).rejects.toMatchObject(error);
    await expect(limiter.peek(key, limits, { cost })).rejects.toMatchObject(error);
    expect(sent).toBe(0);
  });

  test('a key without a partition, and a context that is no text', async () => {
    const limiter = open();
    const empty = { ...key, partition: '' };
    await expect(limiter.attempt(empty, limit)).rejects.toMatchObject({ field: 'key.partition' });
    await expect(limiter.clear(empty)).rejects.toMatchObject({ field: 'key.partition' });
    const context = 5 as unknown as string;
    await expect(limiter.attempt(key, limit, context)).rejects.toMatchObject({
      field: 'context',
    });
    expect(sent).toBe(0);
  });

  test.each<[string, PartitionedRowsOptions, object]>([
    ['table', null as unknown as PartitionedRowsOptions, {}],
    ['mappings.partitionKeyFieldName', { mappings: { partitionKeyFieldName: 'began' } }, {}],
    ['onStoreError', {}, { onStoreError: 'ignore' }],
    ['rememberedKeysMax', {}, { rememberedKeysMax: -1 }],
    ['rememberedKeysMax', {}, { rememberedKeysMax: 0, shield: true }],
    ['maskMsMax', {}, { shield: { maskMsMax: 0 } }],
  ])('a bad %s of the constructor', (field, table, options) => {
    const make = (): unknown => new LimitedAttempt(table && { tableName, ...table }, options);
    expect(make).toThrow(expect.objectContaining({ name: 'InvalidInputError', field }));
  });
});
