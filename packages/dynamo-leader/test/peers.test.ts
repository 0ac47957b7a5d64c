import { describePeers } from '@x/conformance';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, expect } from 'vitest';

import { DynamoLeader, type DynamoLeaderOptions } from '../src/index.js';

const leaseMs = 9_000;
let clock: ManualClock;
let memory: MemoryDynamo;
let told: string[];
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(locksTable);
  told = [];
  return () => expect(clock.pendingSleeps).toBe(0);
});

function candidate(name: string, options: DynamoLeaderOptions = {}): DynamoLeader {
  const random = seededRandom(name.charCodeAt(0));
  const locks = new DynamoLock({ dynamo: memory, tableName: 'locks', clock, random, holder: name });
  return new DynamoLeader(locks, 'k', {
    leaseMs,
    clock,
    onElected: () => void told.push(`${name} leads`),
    onLost: () => void told.push(`${name} lost`),
    ...options,
  });
}

/** A candidate that is elected, as nobody else is one. */
async function lead(name: string, options?: DynamoLeaderOptions): Promise<DynamoLeader> {
  const leader = candidate(name, options);
  leader.start();
  await clock.advance(1);
  return leader;
}

describePeers('Leaders', {
  'client-go of Kubernetes': {
    'OnStartedLeading(ctx)': async () => {
      const fences: number[] = [];
      let signal: AbortSignal | undefined;
      const onElected: DynamoLeaderOptions['onElected'] = (leadership) => {
        ({ signal } = leadership);
        fences.push(leadership.fence);
      };
      for (const name of ['a', 'b']) {
        const leader = await lead(name, { onElected });
        expect(signal?.aborted).toBe(false);
        await leader.stop();
        expect(signal?.aborted).toBe(true);
      }
      expect(fences[1]).toBeGreaterThan(fences[0] ?? Infinity);
    },
    OnStoppedLeading: async () => {
      const leader = await lead('a');
      await leader.resign();
      await clock.advance(leaseMs);
      await leader.stop();
      expect(told).toEqual(['a leads', 'a lost', 'a leads', 'a lost']);
    },
    LeaseDuration: async () => {
      await using leader = await lead('a');
      await using other = candidate('b');
      other.start();
      await clock.advance(10 * leaseMs);
      expect([leader.isLeader, other.isLeader]).toEqual([true, false]);
    },
    ReleaseOnCancel: async () => {
      await (await lead('a')).stop();
      await using next = await lead('b');
      expect(next.isLeader).toBe(true);
    },
    'IsLeader()': async () => {
      const leader = await lead('a');
      expect(leader.isLeader).toBe(true);
      await leader.stop();
      expect(leader.isLeader).toBe(false);
    },
    "a lost leader's Run returns": async () => {
      await using leader = await lead('a');
      await new DynamoLock({ dynamo: memory, tableName: 'locks', clock }).forceRelease('k');
      await clock.advance(2 * leaseMs);
      expect(told).toEqual(['a leads', 'a lost', 'a leads']);
      expect(leader.isLeader).toBe(true);
    },
  },

  Curator: {
    'takeLeadership returns': async () => {
      await using leader = await lead('a');
      await clock.advance(leaseMs);
      expect(leader.isLeader).toBe(true);
      await leader.resign();
      expect(leader.isLeader).toBe(false);
    },
    'takeLeadership throws': async () => {
      const onElected = (): never => {
        throw new Error('no');
      };
      await using leader = await lead('a', { onElected });
      expect([leader.isLeader, told]).toEqual([false, ['a lost']]);
    },
    autoRequeue: async () => {
      await using leader = await lead('a');
      await leader.resign();
      await clock.advance(leaseMs);
      expect(leader.isLeader).toBe(true);
    },
  },
});
