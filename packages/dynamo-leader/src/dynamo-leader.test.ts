import type { DynamoTransport } from '@x/dynamo-core';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { DynamoLeader, type DynamoLeaderOptions } from './index.js';

const leaseMs = 9_000;
let clock: ManualClock;
let memory: MemoryDynamo;
let told: string[];
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(locksTable);
  told = [];
});

function candidate(
  name: string,
  seed: number,
  options: DynamoLeaderOptions = {},
  dynamo: DynamoTransport = memory,
): DynamoLeader {
  const random = seededRandom(seed);
  const locks = new DynamoLock({ dynamo, tableName: 'locks', clock, random, holder: name });
  return new DynamoLeader(locks, 'k', {
    leaseMs,
    clock,
    onElected: () => void told.push(`${name} leads`),
    onLost: ({ reason }) =>
      void told.push(`${name} lost: ${(reason as { reason: string }).reason}`),
    ...options,
  });
}

describe('DynamoLeader', () => {
  test('elects one, and another within two leases after a resignation', async () => {
    const [a, b] = [candidate('a', 1), candidate('b', 2)];
    a.start();
    await clock.advance(1);
    b.start();
    await clock.advance(leaseMs * 3);
    expect([told, a.isLeader, b.isLeader]).toEqual([['a leads'], true, false]);
    await a.resign();
    await clock.advance(leaseMs * 2);
    expect(told.slice(0, 2)).toEqual(['a leads', 'a lost: released']);
    expect(told.length).toBe(3);
    expect(a.isLeader !== b.isLeader).toBe(true);
    await Promise.all([a.stop(), b.stop()]);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('one who resigned stays a candidate', async () => {
    await using leader = candidate('a', 1);
    leader.start();
    await clock.advance(1);
    await leader.resign();
    expect(leader.isLeader).toBe(false);
    await clock.advance(leaseMs);
    expect(told).toEqual(['a leads', 'a lost: released', 'a leads']);
  });

  test('a candidate keeps the process alive, also after a request that failed', async () => {
    let sent = 0;
    const failing: DynamoTransport = {
      call: async (operation, input, options) => {
        if (sent++ === 0) throw new Error('no route');
        return memory.call(operation, input, options);
      },
    };
    let elect: (() => void) | undefined;
    const elected = new Promise<void>((resolve) => (elect = resolve));
    await using leader = candidate('a', 1, { onElected: () => elect?.() }, failing);
    leader.start();
    // Moves the time for that alone which keeps the process alive.
    await clock.drive(elected);
    expect(leader.isLeader).toBe(true);
  });

  test('stop() resolves after onLost, and the lock is free', async () => {
    const leader = candidate('a', 1);
    leader.start();
    leader.start();
    await clock.advance(1);
    await leader.stop();
    expect(told).toEqual(['a leads', 'a lost: released']);
    await using next = candidate('b', 2);
    next.start();
    await clock.advance(1);
    expect(next.isLeader).toBe(true);
  });

  test('an onLost that waits for stop() ends, and who else stops waits for that', async () => {
    const onLost = async (): Promise<void> => {
      await clock.sleep(100);
      await leader.stop();
      await clock.sleep(100);
      told.push('lost');
    };
    const leader = candidate('a', 1, { onLost });
    leader.start();
    await clock.advance(1);
    await leader.resign();
    await clock.advance(150);
    await clock.drive(leader.stop());
    expect(told).toEqual(['a leads', 'lost']);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('what an onLost began waits for a later leadership as everybody', async () => {
    let later: Promise<void> | undefined;
    const onLost = (): void => {
      told.push('lost');
      later ??= clock.sleep(leaseMs).then(() => leader.stop());
    };
    const leader = candidate('a', 1, { onLost });
    leader.start();
    await clock.advance(1);
    await leader.resign();
    await clock.advance(leaseMs / 2);
    expect(leader.isLeader).toBe(true);
    await clock.drive(later as Promise<void>);
    expect(told).toEqual(['a leads', 'lost', 'a leads', 'lost']);
  });

  test('start() begins when what was stopped has ended, also where the release is answered late', async () => {
    let lateMs = 0;
    const dynamo: DynamoTransport = {
      call: async (operation, input, options) => {
        const answer = await memory.call(operation, input, options);
        const ms = lateMs;
        lateMs = 0;
        if (ms > 0) await clock.sleep(ms);
        return answer;
      },
    };
    await using leader = candidate('a', 1, {}, dynamo);
    leader.start();
    await clock.advance(1);
    lateMs = 1_000;
    const stopping = leader.stop();
    leader.start();
    await clock.advance(2_000);
    await stopping;
    expect(told).toEqual(['a leads', 'a lost: released', 'a leads']);
    expect(leader.isLeader).toBe(true);
  });

  test('tells the leader that it lost, when it was taken by force', async () => {
    await using leader = candidate('a', 1);
    leader.start();
    await clock.advance(1);
    await new DynamoLock({ dynamo: memory, tableName: 'locks', clock }).forceRelease('k');
    await clock.advance(leaseMs / 3);
    expect(told).toEqual(['a leads', 'a lost: stolen']);
  });

  test('resigns and reports where onElected fails', async () => {
    const warnings: string[] = [];
    const quiet = (): void => {};
    const warn = (message: string): void => void warnings.push(message);
    await using leader = candidate('a', 1, {
      onElected: () => Promise.reject(new Error('no')),
      logger: { debug: quiet, info: quiet, error: quiet, warn },
    });
    leader.start();
    await clock.advance(1);
    expect(told).toEqual(['a lost: released']);
    expect(warnings).toEqual(['Leader "k": onElected failed: Error']);
  });

  test('stop() gives back nothing of a leadership that was lost before', async () => {
    let fails = false;
    let sent = 0;
    const table: DynamoTransport = {
      usesSockets: false,
      call(operation, input, options) {
        sent += 1;
        if (fails) throw new RangeError('no table');
        return memory.call(operation, input, options);
      },
    };
    const leader = candidate('a', 1, {}, table);
    leader.start();
    await clock.advance(1);
    fails = true;
    await clock.advance(leaseMs * 2);
    expect(told).toEqual(['a leads', 'a lost: unreachable']);
    sent = 0;
    await leader.stop();
    await clock.advance(1);
    expect(sent).toBe(0);
  });

  test('goes on after a failure of the table', async () => {
    const calls: string[] = [];
    const acquire = (): Promise<never> => {
      calls.push('acquire');
      return Promise.reject(new Error('down'));
    };
    await using leader = new DynamoLeader({ acquire }, 'k', { leaseMs, clock });
    leader.start();
    await clock.advance(leaseMs);
    expect(calls.length).toBe(4);
  });

  test('refuses bad input by name', () => {
    const locks = new DynamoLock({ dynamo: memory, tableName: 'locks' });
    const bad: [string, () => unknown][] = [
      ['lock', () => new DynamoLeader({} as never, 'k')],
      ['key', () => new DynamoLeader(locks, '')],
      ['leaseMs', () => new DynamoLeader(locks, 'k', { leaseMs: 0 })],
      ['onElect', () => new DynamoLeader(locks, 'k', { onElect: () => 1 } as never)],
      ['clock', () => new DynamoLeader(locks, 'k', { clock: {} as never })],
      ['logger', () => new DynamoLeader(locks, 'k', { logger: 5 as never })],
    ];
    for (const [field, make] of bad) expect(make).toThrow(expect.objectContaining({ field }));
  });
});
