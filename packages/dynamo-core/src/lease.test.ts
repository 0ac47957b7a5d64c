import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { leaseStart, uncorrected, type DynamoClock } from './clock.js';
import { Lease, type LeaseTimeout } from './lease.js';

function lost(reason: LeaseTimeout | 'taken', cause: unknown): Error {
  return Object.assign(new Error(`lost: ${reason}`, { cause }), { reason });
}

let machine: ManualClock;
/** What has to be added to the machine's time to get DynamoDB's. */
let offset: { earliest: number; latest: number };
let clock: DynamoClock;

beforeEach(() => {
  machine = new ManualClock();
  offset = { earliest: 0, latest: 0 };
  clock = { ...uncorrected(machine), offsetMs: () => offset };
});

function lease(leaseMs = 9_000): Lease<'taken'> {
  const { end } = leaseStart(clock, leaseMs);
  return new Lease({ clock, leaseMs, end, toError: lost });
}

const renewed = async (begin: () => number): Promise<'renewed'> => {
  begin();
  return 'renewed';
};

describe('leaseStart()', () => {
  test('writes the end with the latest time that it may be', () => {
    offset = { earliest: 1_000, latest: 3_000 };
    expect(leaseStart(clock, 500).end).toEqual({
      rowMs: machine.now() + 3_500,
      monotonicMs: machine.monotonic() + 500,
    });
  });

  test('gives an end in whole milliseconds', () => {
    expect(leaseStart(clock, 0.5).end.rowMs).toBe(machine.now() + 1);
  });
});

describe('Lease', () => {
  test('ends when its time has passed, and not before', async () => {
    const held = lease();
    const { signal } = held;
    await machine.advance(8_999);
    expect(held.remainingMs).toBe(1);
    held.assertHeld();
    expect(signal.aborted).toBe(false);
    await machine.advance(1);
    expect(held.remainingMs).toBe(0);
    expect(signal.reason).toMatchObject({ reason: 'expired' });
    expect(() => held.assertHeld()).toThrow(signal.reason as Error);
    expect(machine.pendingSleeps).toBe(0);
  });

  test('ends by the monotonic clock when the wall clock was set back', async () => {
    const held = lease();
    machine.jumpWall(-60_000);
    expect(held.remainingMs).toBe(9_000);
    await machine.advance(9_000);
    expect(() => held.assertHeld()).toThrow('expired');
  });

  test('ends by the latest time that it may be at DynamoDB', () => {
    const held = lease();
    offset = { earliest: 7_000, latest: 8_999 };
    expect(held.remainingMs).toBe(1);
    offset = { earliest: 7_001, latest: 9_000 };
    expect(() => held.assertHeld()).toThrow('expired');
    offset = { earliest: 0, latest: 0 };
    expect(held.remainingMs).toBe(0);
  });

  test('is renewed from the moment before the send', async () => {
    const held = lease();
    await machine.advance(4_000);
    const sentAtMs = machine.now();
    await held.extend(9_000, async (begin) => {
      expect(begin()).toBe(sentAtMs + 9_000);
      await machine.advance(1_000);
      return 'renewed';
    });
    expect(held.endsAtMs).toBe(sentAtMs + 9_000);
    expect(held.remainingMs).toBe(8_000);
  });

  test('counts from the latest time that the renewal was built', async () => {
    const held = lease();
    await held.extend(9_000, async (begin) => {
      const refusedMs = begin();
      await machine.advance(1_000);
      offset = { earliest: 2_000, latest: 3_000 };
      expect(begin()).toBe(refusedMs + 4_000);
      return 'renewed';
    });
    expect(held.remainingMs).toBe(9_000);
  });

  test('never ends earlier for a shorter renewal', async () => {
    const held = lease();
    await held.extend(2_000, renewed);
    expect(held.remainingMs).toBe(9_000);
    expect(held.leaseMs).toBe(2_000);
  });

  test.each([-60_000, -1_500])('goes on where the wall clock was set back by %d ms', async (ms) => {
    const held = lease();
    const endMs = held.endsAtMs;
    await machine.advance(1_000);
    machine.jumpWall(ms);
    await held.extend(9_000, renewed);
    expect(held.remainingMs).toBe(9_000);
    expect(held.endsAtMs).toBe(endMs + 1_000);
    await machine.advance(8_999);
    held.assertHeld();
  });

  test('asks for no less than a renewal that got no answer', async () => {
    const held = lease();
    const ends: number[] = [];
    const begun = async (begin: (laterMs?: number) => number): Promise<'renewed'> => {
      ends.push(begin(1));
      if (ends.length === 1) throw new Error('lost');
      return 'renewed';
    };
    await expect(held.extend(60_000, begun)).rejects.toThrow('lost');
    await held.extend(2_000, begun);
    await held.extend(2_000, begun);
    const [first = 0] = ends;
    expect(ends).toEqual([machine.now() + 60_000, first + 1, first + 2]);
    expect(held.remainingMs).toBe(9_000);
  });

  test('takes no end that DynamoDB refused for its time', async () => {
    const held = lease();
    await held.extend(9_000, async (begin) => {
      offset = { earliest: 86_400_000, latest: 86_400_000 };
      begin();
      offset = { earliest: 0, latest: 0 };
      return renewed(begin);
    });
    expect(held.endsAtMs).toBe(machine.now() + 9_000);
    await held.extend(9_000, async (begin) => {
      expect(begin()).toBe(machine.now() + 9_000);
      return 'renewed';
    });
  });

  test('is not revived by a renewal that is answered after its end', async () => {
    const held = lease(3_000);
    const { signal } = held;
    await machine.advance(1_000);
    machine.pause();
    const renewal = held.extend(3_000, async () => {
      await machine.advance(2_500);
      return 'renewed';
    });
    await expect(renewal).rejects.toMatchObject({ reason: 'expired' });
    await machine.resume();
    expect(signal.aborted).toBe(true);
    expect(held.remainingMs).toBe(0);
  });

  test('is lost when a renewal finds it with another', async () => {
    const held = lease();
    await expect(held.extend(9_000, async () => 'taken')).rejects.toMatchObject({
      reason: 'taken',
    });
    expect(held.signal.reason).toMatchObject({ reason: 'taken' });
    await expect(held.extend(9_000, renewed)).rejects.toMatchObject({ reason: 'taken' });
  });

  test('gives a renewal up at its end, and says unreachable', async () => {
    const held = lease();
    const renewal = held
      .extend(9_000, () => new Promise(() => {}))
      .catch((error: unknown) => error);
    await machine.advance(9_000);
    expect(await renewal).toMatchObject({ reason: 'unreachable', cause: { name: 'TimeoutError' } });
    expect(machine.pendingSleeps).toBe(0);
  });

  test('keeps the first reason', () => {
    const held = lease();
    held.giveUp('taken');
    held.giveUp('expired');
    expect(() => held.assertHeld()).toThrow('lost: taken');
  });

  test('renews once at a time', async () => {
    const held = lease();
    let underWay = 0;
    const renew = async (begin: () => number): Promise<'renewed'> => {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return renewed(begin);
    };
    await Promise.all([held.extend(9_000, renew), held.extend(20_000, renew)]);
    expect(held.remainingMs).toBe(20_000);
  });

  test('end() leaves no timer, gives a renewal up, and does not lose the lease', async () => {
    const held = lease();
    const { signal } = held;
    const renewal = held
      .extend(9_000, () => new Promise(() => {}))
      .catch((error: unknown) => error);
    held.heartbeat({ renew: async () => {}, onFailure: () => {} });
    await machine.advance(1);
    await held.end();
    expect(await renewal).toMatchObject({ name: 'AbortError' });
    expect(machine.pendingSleeps).toBe(0);
    expect(signal.aborted).toBe(false);
    await expect(held.extend(9_000, renewed)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('that never ends needs no timer', async () => {
    const held = lease(Infinity);
    expect(held.signal.aborted).toBe(false);
    expect(held.remainingMs).toBe(Infinity);
    expect(machine.pendingSleeps).toBe(0);
    await held.end();
  });
});

describe('heartbeat()', () => {
  test('renews three times a lease, and goes by the latest duration', async () => {
    const held = lease();
    const beats: number[] = [];
    const startMs = machine.now();
    const renew = async (): Promise<void> => {
      beats.push(machine.now() - startMs);
      await held.extend(18_000, renewed);
    };
    held.heartbeat({ renew, onFailure: () => {} });
    await machine.advance(15_000);
    expect(beats).toEqual([3_000, 9_000, 15_000]);
    await held.end();
  });

  test('hurries after a failure, tells it, and ends with the lease', async () => {
    const held = lease();
    const failures: unknown[] = [];
    const renew = (): Promise<void> => held.extend(9_000, () => Promise.reject(new Error('down')));
    held.heartbeat({ renew, onFailure: (error) => failures.push(error) });
    await machine.advance(4_500);
    expect(failures).toHaveLength(3);
    await machine.advance(60_000);
    expect(held.remainingMs).toBe(0);
    expect(failures).toHaveLength(8);
    expect(machine.pendingSleeps).toBe(0);
  });

  test('is one, is stopped by what it returned, and starts again', async () => {
    const held = lease();
    let beats = 0;
    const options = { renew: async () => void beats++, onFailure: () => {} };
    held.heartbeat(options);
    held.heartbeat(options)();
    expect(machine.pendingSleeps).toBe(0);
    held.heartbeat(options);
    await machine.advance(3_000);
    expect(beats).toBe(1);
    await held.end();
    held.heartbeat(options);
    expect(machine.pendingSleeps).toBe(0);
  });
});
