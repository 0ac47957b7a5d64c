import { endOf } from '@x/conformance';
import type { DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { DynamoLock, locksTable, type HeldLock } from '../src/index.js';

/** An endpoint that accepts everything, and answers nothing after its first `answers` answers. */
function silentAfter(answers: number): {
  locks: DynamoLock;
  clock: ManualClock;
  warnings: string[];
} {
  const clock = new ManualClock();
  const memory = new MemoryDynamo({ clock });
  memory.createTable(locksTable);
  let left = answers;
  const dynamo: DynamoTransport = {
    call: (operation, input) =>
      left-- > 0 ? memory.call(operation, input) : new Promise<never>(() => {}),
  };
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const locks = new DynamoLock({ dynamo, tableName: 'locks', clock, monitoring: { logger } });
  return { locks, clock, warnings };
}

describe('an endpoint that is silent from the start', () => {
  test.each<[string, number, string, (locks: DynamoLock) => Promise<unknown>]>([
    ['tryAcquire()', 30_250, 'TimeoutError', (locks) => locks.tryAcquire('k', { leaseMs: 5_000 })],
    ['acquire()', 1_250, 'LockTimeoutError', (locks) => locks.acquire('k', { waitMsMax: 1_000 })],
    ['acquireAll()', 1_250, 'LockTimeoutError', (l) => l.acquireAll(['k'], { waitMsMax: 1_000 })],
    ['withLock()', 1_250, 'LockTimeoutError', (l) => l.withLock('k', { waitMsMax: 9 }, () => 1)],
    ['inspect()', 30_000, 'TimeoutError', (locks) => locks.inspect('k')],
    ['forceRelease()', 30_000, 'TimeoutError', (locks) => locks.forceRelease('k')],
    ['list()', 30_000, 'TimeoutError', (locks) => locks.list().next()],
    ['sweep()', 30_000, 'TimeoutError', (locks) => locks.sweep()],
  ])('%s ends within %d ms with %s', async (_, ms, name, call) => {
    const { locks, clock } = silentAfter(0);
    expect(await endOf(clock, call(locks))).toMatchObject([{ name }, ms]);
  });
});

describe('an endpoint that is silent after its first answer', () => {
  test.each<[string, number, unknown, (lock: HeldLock, locks: DynamoLock) => Promise<unknown>]>([
    ['release()', 1_500, 'unknown', (lock) => lock.release()],
    ['releaseAll()', 1_500, ['unknown'], (_, locks) => locks.releaseAll()],
    ['renew()', 9_000, { name: 'LockLostError' }, (lock) => lock.renew()],
  ])('%s ends within %d ms', async (_, ms, result, call) => {
    const { locks, clock } = silentAfter(1);
    const lock = await locks.acquire('k', { leaseMs: 9_000 });
    expect(await endOf(clock, call(lock, locks))).toMatchObject([result, ms]);
  });

  test('withLock() gives the result of its work, and reports the release', async () => {
    const { locks, clock, warnings } = silentAfter(1);
    expect(
      await endOf(
        clock,
        locks.withLock('k', () => 'done'),
      ),
    ).toEqual(['done', 1_500]);
    await clock.advance(30_000);
    expect(warnings).toContain('No answer to the release of lock "k" yet: it ends with its lease');
    expect(warnings.join('\n')).toContain('Cannot release "k": it is free when its lease ends');
    expect(clock.pendingSleeps).toBe(0);
  });
});
