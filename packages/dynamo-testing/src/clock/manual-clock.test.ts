import { InvalidInputError } from '@x/dynamo-core';
import { onFirstUse } from '@x/dynamo-core/mechanism';
import { describe, expect, test, vi } from 'vitest';

import { ManualClock } from './manual-clock.js';

const startMs = Date.UTC(2025, 0, 1);

describe('ManualClock', () => {
  test('stands still until it is moved', () => {
    const clock = new ManualClock();
    expect([clock.now(), clock.monotonic()]).toEqual([startMs, 0]);
  });

  test('advance() moves both times', async () => {
    const clock = new ManualClock({ nowMs: 1_000 });
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  test('advance() ends sleeps in due order, each at its own time', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const ended: string[] = [];
    const sleeps = [30, 10, 20].map(async (ms) => {
      await clock.sleep(ms);
      ended.push(`${ms} at ${clock.now()}`);
    });

    await clock.advance(25);
    expect(ended).toEqual(['10 at 10', '20 at 20']);
    expect(clock.pendingSleeps).toBe(1);
    expect(clock.nextSleepMs).toBe(5);

    await clock.advance(5);
    await Promise.all(sleeps);
    expect(ended).toEqual(['10 at 10', '20 at 20', '30 at 30']);
    expect(clock.nextSleepMs).toBeUndefined();
  });

  test('advance() ends sleeps of the same instant in the order of their start', async () => {
    const clock = new ManualClock();
    const ended: number[] = [];
    const sleeps = [1, 2, 3].map((number) => clock.sleep(10).then(() => ended.push(number)));
    await clock.advance(10);
    await Promise.all(sleeps);
    expect(ended).toEqual([1, 2, 3]);
  });

  test('advance() ends the sleeps that continuations start meanwhile', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const instants: number[] = [];
    const loop = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await clock.sleep(10);
        instants.push(clock.now());
      }
    })();
    await clock.advance(35);
    await loop;
    expect(instants).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  test('advance() refuses to go back', async () => {
    await expect(new ManualClock().advance(-1)).rejects.toThrow(InvalidInputError);
  });

  test('sleep() of zero ends without a move, but not synchronously', async () => {
    const clock = new ManualClock();
    let ended = false;
    const sleep = clock.sleep(0).then(() => (ended = true));
    expect(ended).toBe(false);
    await sleep;
    expect(clock.monotonic()).toBe(0);
  });

  test('sleep() rejects with the reason of its signal and is forgotten', async () => {
    const clock = new ManualClock();
    const reason = new Error('enough');
    const controller = new AbortController();
    const sleep = clock.sleep(10, { signal: controller.signal });
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    expect(clock.pendingSleeps).toBe(0);
    await expect(clock.sleep(10, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('jumpWall() moves the wall clock alone and ends no sleep', async () => {
    const clock = new ManualClock({ nowMs: 10_000 });
    const sleep = clock.sleep(1_000);
    clock.jumpWall(-4_000);
    expect([clock.now(), clock.monotonic(), clock.pendingSleeps]).toEqual([6_000, 0, 1]);
    clock.jumpWall(60_000);
    expect(clock.pendingSleeps).toBe(1);
    await clock.advance(1_000);
    await sleep;
    expect(clock.now()).toBe(67_000);
  });

  test('drift makes the wall clock gain on the monotonic one', async () => {
    const clock = new ManualClock({ nowMs: 0, drift: 0.01 });
    await clock.advance(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_010, 1_000]);
    clock.drift = -0.5;
    await clock.advance(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_510, 2_000]);
  });

  test('drift refuses a wall clock that stands still', () => {
    expect(() => new ManualClock({ drift: -1 })).toThrow(InvalidInputError);
  });

  test('pause() lets time go by without ending sleeps, resume() ends them in order', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const ended: string[] = [];
    const sleeps = [20, 10, 0].map(async (ms) => {
      if (ms === 0) clock.pause();
      await clock.sleep(ms);
      ended.push(`${ms} at ${clock.now()}`);
    });
    await clock.advance(100);
    expect(ended).toEqual([]);
    expect(clock.now()).toBe(100);

    await clock.resume();
    await Promise.all(sleeps);
    expect(ended).toEqual(['0 at 100', '10 at 100', '20 at 100']);
  });
});

test('advances while a test has faked the timers of the runtime', async () => {
  vi.useFakeTimers();
  try {
    const clock = new ManualClock();
    const nap = clock.sleep(5);
    await clock.advance(5);
    await clock.drive(clock.sleep(5));
    await nap;
  } finally {
    vi.useRealTimers();
  }
});

describe('ManualClock, while a call loads what it needs first', () => {
  async function callOf(clock: ManualClock): Promise<number> {
    const later = (loaded: (module: object) => void): unknown => setTimeout(loaded, 20, {});
    await onFirstUse(() => new Promise<object>(later))();
    await clock.sleep(10);
    return clock.monotonic();
  }

  test('drive() moves no time, though something else sleeps', async () => {
    const clock = new ManualClock();
    const startMs = clock.monotonic();
    const other = clock.sleep(60_000);
    expect(await clock.drive(callOf(clock))).toBe(startMs + 10);
    await clock.advance(60_000);
    await other;
  });

  test('advance() waits for it before time moves', async () => {
    const clock = new ManualClock();
    const startMs = clock.monotonic();
    const call = callOf(clock);
    await clock.advance(10);
    expect(await call).toBe(startMs + 10);
  });
});

describe('ManualClock.drive()', () => {
  test('moves the time by itself to the end of each sleep', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const work = async (): Promise<string> => {
      await clock.sleep(60_000);
      await clock.sleep(1);
      return 'done';
    };
    expect(await clock.drive(work())).toBe('done');
    expect(clock.now()).toBe(60_001);
  });

  test('leaves the time alone while something is under way', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    let busy = true;
    const request = new Promise<void>((resolve) => {
      setTimeout(() => {
        busy = false;
        resolve();
      }, 20);
    });
    const nap = clock.sleep(5);
    await clock.drive(request, { busy: () => busy });
    expect(clock.now()).toBe(0);
    await clock.drive(nap);
    expect(clock.now()).toBe(5);
  });

  test('does not move the time for the sake of a background sleep', async () => {
    const clock = new ManualClock({ nowMs: 0 });
    const heartbeat = clock.sleep(10, { keepAlive: false });
    await clock.drive(new Promise((resolve) => setTimeout(resolve, 10)));
    expect(clock.now()).toBe(0);
    await clock.drive(clock.sleep(30));
    await heartbeat;
    expect(clock.now()).toBe(30);
  });

  test('passes a rejection on', async () => {
    const clock = new ManualClock();
    const failing = clock.sleep(10).then(() => Promise.reject(new Error('failed')));
    await expect(clock.drive(failing)).rejects.toThrow('failed');
  });
});

test.each([{ now: 5 }, 5, 'x', null, []])(
  'new ManualClock(%j) is refused, not ignored',
  (options) => {
    expect(() => new ManualClock(options as never)).toThrow(/^Cannot use .* (now|options)/);
  },
);
