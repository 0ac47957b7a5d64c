import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { TestSetup, held, invalid, startMs } from '../test/test-setup.js';
import { DynamoLock, locksTable, type DynamoLockOptions } from './index.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

describe('new DynamoLock()', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ['skewToleranceMs', { skewToleranceMs: -1 }],
    ['skewToleranceMs', { skewToleranceMs: 0.5 }],
    ['skewToleranceMs', { skewToleranceMs: 3_600_001 }],
    ['holder', { holder: '' }],
    ['holder', { holder: 'é'.repeat(129) }],
    ['holder', { holder: 5 }],
    ['tableName', { tableName: '' }],
    ['dynamo', { dynamo: {} }],
  ])('refuses a bad %s', (field, options) => {
    const bad = options as unknown as DynamoLockOptions;
    expect(() => setup.open(bad)).toThrow(expect.objectContaining(invalid(field)));
  });

  test('works on the table "locks" of the environment by default', async () => {
    vi.stubEnv('PARADOX_ENV', 'local');
    setup.memory.createTable(locksTable, 'paradox.dev.locks');
    await held(new DynamoLock({ dynamo: setup.transport, clock: setup.clock }).tryAcquire('k', 9));
    expect(setup.memory.rows('paradox.dev.locks')).toHaveLength(1);
  });

  test('names the holder after the host and the process by default', async () => {
    const locks = new DynamoLock({
      dynamo: setup.transport,
      tableName: 'locks',
      clock: setup.clock,
    });
    await locks.tryAcquire('k', 9);
    expect((await locks.inspect('k'))?.holder).toMatch(new RegExp(`^.+:${process.pid}$`));
  });
});

describe('bad input', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;

  test.each<[string, string, (locks: DynamoLock) => Promise<unknown>]>([
    ['key', 'an empty key', (locks) => locks.tryAcquire('', 9)],
    ['key', 'a key that is not a string', (locks) => locks.tryAcquire(7 as never, 9)],
    ['key', 'a key over 2,048 bytes', (locks) => locks.acquire('k'.repeat(2_049), 9)],
    ['timeoutSeconds', 'no time', (locks) => locks.tryAcquire('k', 0)],
    ['options', 'a text as a time', (locks) => locks.tryAcquire('k', '9' as never)],
    ['timeoutSeconds', 'a date as a time', (locks) => locks.acquire('k', startMs)],
    ['info', 'a function', (locks) => locks.tryAcquire('k', 9, { info: () => 1 })],
    ['info', 'NaN', (locks) => locks.tryAcquire('k', 9, { info: { part: Number.NaN } })],
    ['info', 'a map', (locks) => locks.tryAcquire('k', 9, { info: new Map([[1, 2]]) })],
    ['info', 'a set in acquireAll', (locks) => locks.acquireAll(['k'], 9, { info: [new Set()] })],
    ['info', 'an invalid date', (l) => l.tryAcquire('k', 9, { info: new Date(Number.NaN) })],
    ['info', 'a bigint', (locks) => locks.withLock('k', { info: 5n }, () => 1)],
    ['info', 'a circle', (locks) => locks.tryAcquire('k', 9, { info: circular })],
    ['info', 'over 1,024 bytes', (locks) => locks.tryAcquire('k', 9, { info: 'é'.repeat(512) })],
    ['waitMsMax', 'a negative wait', (locks) => locks.acquire('k', 9, { waitMsMax: -1 })],
    ['waitMsMax', 'NaN', (locks) => locks.acquireAll(['k'], 9, { waitMsMax: Number.NaN })],
    ['waitMsMax', 'after no lease', (l) => l.acquire('k', undefined, { waitMsMax: -1 })],
    ['info', 'after other options', (l) => l.tryAcquire('k', { leaseMs: 9 }, { info: 5n })],
    ['keys', 'no keys', (locks) => locks.acquireAll([], 9)],
    ['keys', 'a text as keys', (locks) => locks.acquireAll('k' as never, 9)],
    ['key', 'an empty key among others', (locks) => locks.acquireAll(['k', ''], 9)],
    ['prefix', 'a number as prefix', async (locks) => locks.list({ prefix: 5 as never }).next()],
    ['prefix', 'a number to sweep', (locks) => locks.sweep({ prefix: 5 as never })],
    ['key', 'an empty key to inspect', (locks) => locks.inspect('')],
    ['key', 'an empty key to free', (locks) => locks.forceRelease('')],
    ['leaseMs', 'no time for work', (l) => l.withLock('k', { leaseMs: 0 }, () => 1)],
    ['leaseMs', 'no time in options', (l) => l.tryAcquire('k', { leaseMs: 0 })],
    [
      'timeoutsSeconds',
      'a misspelt option',
      (l) => l.tryAcquire('k', { timeoutsSeconds: 3 } as never),
    ],
    [
      'timeoutSeconds',
      'an option of before',
      (l) => l.withLock('k', { timeoutSeconds: 3 } as never, () => 1),
    ],
    ['fn', 'no function', (l) => l.withLock('k', {} as never, undefined as never)],
    ['minimumHoldMs', 'a negative hold', (l) => l.withLock('k', { minimumHoldMs: -1 }, () => 1)],
    [
      'retry.maxMs',
      'a bound below the first',
      (l) => l.acquire('k', { retry: { firstMs: 9, maxMs: 1 } }),
    ],
    ['maxMS', 'a misspelt pause', (l) => l.acquire('k', { retry: { maxMS: 9 } as never })],
    ['retry', 'a number as pauses', (l) => l.withLock('k', { retry: 9 as never }, () => 1)],
    ['retry', 'null as pauses', (l) => l.acquireAll(['k'], { retry: null as never })],
  ])('is refused by its field %s, and nothing is sent: %s', async (field, _, call) => {
    await expect(call(setup.open())).rejects.toMatchObject(invalid(field));
    expect(setup.sent).toEqual([]);
  });
});

test('withLock() says what it got in the place of its work: what the work answered, mostly', async () => {
  const call = setup.open().withLock('k', Promise.resolve(1) as never);
  await expect(call).rejects.toThrow('Cannot use an instance of Promise as fn');
});
