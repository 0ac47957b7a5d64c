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

async function endOf(clock: ManualClock, call: Promise<unknown>): Promise<[unknown, number]> {
  const startMs = clock.monotonic();
  let endMs = 0;
  const outcome = call
    .catch((error: unknown) => (error as Error).name)
    .finally(() => (endMs = clock.monotonic()));
  // Bounds are timers in the background, which alone move no clock that is driven.
  const others = new AbortController();
  const other = clock.sleep(60_000, { signal: others.signal }).catch(() => undefined);
  const result = await clock.drive(outcome);
  others.abort();
  await other;
  return [result, endMs - startMs];
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
    expect(await endOf(clock, call(locks))).toEqual([name, ms]);
  });

  test.each<[string, (locks: DynamoLock, signal: AbortSignal) => Promise<unknown>]>([
    ['tryAcquire()', (locks, signal) => locks.tryAcquire('k', { signal })],
    ['acquire()', (locks, signal) => locks.acquire('k', { signal, waitMsMax: Infinity })],
    ['acquireAll()', (locks, signal) => locks.acquireAll(['k'], { signal })],
    ['withLock()', (locks, signal) => locks.withLock('k', { signal }, () => 1)],
    ['inspect()', (locks, signal) => locks.inspect('k', { signal })],
    ['forceRelease()', (locks, signal) => locks.forceRelease('k', { signal })],
    ['list()', (locks, signal) => locks.list({ signal }).next()],
    ['sweep()', (locks, signal) => locks.sweep({ signal })],
  ])('%s ends with its signal', async (_, call) => {
    const { locks, clock } = silentAfter(0);
    const abort = new AbortController();
    clock.sleep(300).then(() => abort.abort(new TypeError('enough')), expect.unreachable);
    const [name, ms] = await endOf(clock, call(locks, abort.signal));
    expect(name).toBe('TypeError');
    expect(ms).toBeLessThanOrEqual(550);
  });
});

describe('an endpoint that is silent after its first answer', () => {
  test.each<[string, number, unknown, (lock: HeldLock, locks: DynamoLock) => Promise<unknown>]>([
    ['release()', 1_500, 'unknown', (lock) => lock.release()],
    ['releaseAll()', 1_500, ['unknown'], (_, locks) => locks.releaseAll()],
    ['renew()', 9_000, 'LockLostError', (lock) => lock.renew()],
  ])('%s ends within %d ms', async (_, ms, result, call) => {
    const { locks, clock } = silentAfter(1);
    const lock = await locks.acquire('k', { leaseMs: 9_000 });
    expect(await endOf(clock, call(lock, locks))).toEqual([result, ms]);
  });

  test.each<[string, (lock: HeldLock, signal: AbortSignal) => Promise<unknown>]>([
    ['release()', (lock, signal) => lock.release({ signal })],
    ['renew()', (lock, signal) => lock.renew({ signal })],
  ])('%s ends with its signal', async (_, call) => {
    const { locks, clock } = silentAfter(1);
    const lock = await locks.acquire('k');
    const abort = new AbortController();
    clock.sleep(300).then(() => abort.abort(new TypeError('enough')), expect.unreachable);
    expect(await endOf(clock, call(lock, abort.signal))).toEqual(['TypeError', 300]);
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
    expect(warnings.join('\n')).toContain(
      'Cannot release lock "k": it is free when its lease ends',
    );
    expect(clock.pendingSleeps).toBe(0);
  });
});
