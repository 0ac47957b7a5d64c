import { N, S } from '@x/dynamo-core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { DynamoLock, HeldLock } from '../src/index.js';
import { TestSetup } from './test-setup.js';

/** What a plain lock with leases is: who has it, and until when. */
interface Model {
  nowMs: number;
  /** The end in the table, in milliseconds. */
  endMs: number;
  /** The index of the acquisition in the row, or `undefined` when it is free or another's. */
  owner: number | undefined;
  /** The acquisitions, with the end of the lease as its holder reckons it. */
  readonly leases: { endsMs: number; leaseMs: number; hasEnded: boolean }[];
}

interface Real {
  readonly setup: TestSetup;
  readonly clients: readonly DynamoLock[];
  readonly locks: HeldLock[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** Whether a lock is held by its own reckoning; what is over stays over. */
function isLive(model: Model, index: number): boolean {
  const lease = model.leases[index];
  if (lease === undefined) return false;
  if (lease.endsMs <= model.nowMs) lease.hasEnded = true;
  return !lease.hasEnded;
}

function tryAcquire(client: number, seconds: number): Command {
  return {
    toString: () => `client ${client} tries to acquire for ${seconds} s`,
    check: () => true,
    run: async (model, real) => {
      const lock = await real.clients[client]?.tryAcquire('k', seconds);
      const isFree = model.endMs <= model.nowMs;
      expect(lock !== undefined).toBe(isFree);
      if (lock === undefined) return;
      const fences = real.locks.map(({ fence }) => fence);
      expect(lock.fence).toBeGreaterThan(Math.max(0, ...fences));
      const leaseMs = seconds * 1000;
      real.locks.push(lock);
      model.owner = model.leases.length;
      model.leases.push({ endsMs: model.nowMs + leaseMs, leaseMs, hasEnded: false });
      model.endMs = model.nowMs + leaseMs;
    },
  };
}

function renew(index: number): Command {
  return {
    toString: () => `lock ${index} renews`,
    check: ({ leases }) => index < leases.length,
    run: async (model, { locks }) => {
      const wasLive = isLive(model, index);
      const lease = model.leases[index];
      const outcome = await locks[index]?.renew().then(
        () => 'renewed',
        (error: unknown) => (error as { reason?: string }).reason,
      );
      if (lease === undefined || !wasLive) {
        expect(['expired', 'released', 'stolen']).toContain(outcome);
      } else if (model.owner === index) {
        expect(outcome).toBe('renewed');
        lease.endsMs = model.nowMs + lease.leaseMs;
        model.endMs = Math.max(model.endMs, lease.endsMs);
      } else {
        expect(outcome).toBe('stolen');
        lease.hasEnded = true;
      }
    },
  };
}

function release(index: number): Command {
  return {
    toString: () => `lock ${index} is released`,
    // Once: what a second call answers is remembered and says nothing about the table.
    check: ({ leases }) => index < leases.length && leases[index]?.leaseMs !== 0,
    run: async (model, { locks }) => {
      const outcome = await locks[index]?.release();
      expect(outcome).toBe(model.owner === index ? 'released' : 'superseded');
      const lease = model.leases[index];
      if (lease !== undefined) Object.assign(lease, { hasEnded: true, leaseMs: 0 });
      if (model.owner !== index) return;
      model.owner = undefined;
      model.endMs = 0;
    },
  };
}

function forceRelease(): Command {
  return {
    toString: () => 'an operator frees the lock',
    check: () => true,
    run: async (model, { clients }) => {
      const was = await clients[0]?.forceRelease('k');
      const isHeld = model.endMs > model.nowMs;
      expect(was !== undefined).toBe(isHeld);
      if (!isHeld) return;
      model.owner = undefined;
      model.endMs = 0;
    },
  };
}

function originalTakes(seconds: number): Command {
  return {
    toString: () => `an original client takes a lock that is free, for ${seconds} s`,
    // It knows whole seconds only, which are rounded up.
    check: ({ endMs, nowMs }) => Math.ceil(endMs / 1000) * 1000 <= nowMs,
    run: async (model, { setup }) => {
      const expiresAt = Math.floor(model.nowMs / 1000) + seconds;
      model.endMs = expiresAt * 1000;
      model.owner = undefined;
      if (setup.rowOf() === undefined) await setup.put({ expiresAt: N(expiresAt) });
      else await setup.overwriteExpiry(expiresAt);
    },
  };
}

function originalDeletes(): Command {
  return {
    toString: () => 'an original client deletes the row',
    check: () => true,
    run: async (model, { setup }) => {
      await setup.delete();
      // Two deletions in one millisecond are beyond what a fence that starts anew can order.
      await setup.clock.advance(1);
      model.nowMs += 1;
      model.owner = undefined;
      model.endMs = 0;
    },
  };
}

function pass(ms: number): Command {
  return {
    toString: () => `${ms} ms go by`,
    check: () => true,
    run: async (model, { setup }) => {
      model.nowMs += ms;
      await setup.clock.advance(ms);
    },
  };
}

function look(): Command {
  return {
    toString: () => 'all look at what they hold',
    check: () => true,
    run: async (model, { locks, clients }) => {
      for (const [index, lock] of locks.entries()) {
        const isHeld = isLive(model, index);
        expect(lock.remainingMs > 0).toBe(isHeld);
        if (isHeld) lock.assertHeld();
        else expect(() => lock.assertHeld()).toThrow(/^Cannot hold "k"/);
      }
      const status = await clients[0]?.inspect('k');
      expect(status !== undefined).toBe(model.endMs > model.nowMs);
      if (status === undefined) return;
      expect(status.expiresAtMs).toBe(model.endMs);
      expect(status.holder !== undefined).toBe(model.owner !== undefined);
    },
  };
}

const index = fc.nat({ max: 5 });
const seconds = fc.constantFrom(0.5, 1, 2.25, 10);
const commands = [
  fc.tuple(fc.nat({ max: 2 }), seconds).map(([client, s]) => tryAcquire(client, s)),
  fc.tuple(fc.nat({ max: 2 }), seconds).map(([client, s]) => tryAcquire(client, s)),
  index.map(renew),
  index.map(release),
  fc.constant(null).map(forceRelease),
  fc.constantFrom(1, 5).map(originalTakes),
  fc.constant(null).map(originalDeletes),
  fc.constantFrom(1, 499, 1_000, 3_000, 86_400_000).map(pass),
  fc.constant(null).map(look),
];

describe('DynamoLock against a plain model', () => {
  test('any sequence of calls, takeovers and deletions comes out as the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (sequence) => {
        await fc.asyncModelRun(() => {
          const setup = new TestSetup();
          const model: Model = {
            nowMs: setup.clock.now(),
            endMs: 0,
            owner: undefined,
            leases: [],
          };
          const clients = [setup.open(), setup.open(), setup.open()];
          return { model, real: { setup, clients, locks: [] } };
        }, sequence);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('a lease never outlives its row, whatever the time and the duration', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5_000 }),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        async (offsetMs, timeoutSeconds) => {
          const setup = new TestSetup();
          await setup.clock.advance(offsetMs);
          const lock = await setup.open().tryAcquire('k', timeoutSeconds);
          const row = setup.rowOf();
          expect(row).toMatchObject({ key: S('k'), heldUntil: row?.['expiresAt'] });
          const [rowEndsMs, roundedMs] = [
            Number(row?.['endsAtMs']?.N),
            Number(row?.['expiresAt']?.N) * 1000,
          ];
          const endsMs = setup.clock.now() + (lock?.remainingMs ?? Infinity);
          expect(endsMs).toBeLessThanOrEqual(rowEndsMs);
          expect(rowEndsMs - endsMs).toBeLessThanOrEqual(1);
          expect(rowEndsMs).toBeLessThanOrEqual(roundedMs);
          expect(roundedMs - rowEndsMs).toBeLessThan(1_000);
        },
      ),
      { seed: 1 },
    );
  });
});
