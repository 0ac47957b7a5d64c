import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { systemClock } from './clock.js';

describe('systemClock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sleep() ends after the time and not before', async () => {
    let over = false;
    const sleeping = systemClock.sleep(1_000).then(() => (over = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toBe(true);
    await sleeping;
  });

  it('sleep() lasts longer than a timer can', async () => {
    const ms = 2 ** 31 + 1_000;
    let over = false;
    const sleeping = systemClock.sleep(ms).then(() => (over = true));
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  it.each([0, -5, Number.NaN])('sleep(%d) ends at once, but not synchronously', async (ms) => {
    let over = false;
    const sleeping = systemClock.sleep(ms).then(() => (over = true));
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sleep() works where timers are numbers, as in a browser', async () => {
    const { setTimeout: faked } = globalThis;
    const numbered = (wake: () => void, ms: number): number => Number(faked(wake, ms));
    vi.stubGlobal('setTimeout', numbered);
    const sleeping = systemClock.sleep(10, { keepAlive: false });
    vi.unstubAllGlobals();
    await vi.advanceTimersByTimeAsync(10);
    await expect(sleeping).resolves.toBeUndefined();
  });

  it('sleep() leaves no timer and no listener behind, ended or aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const ended = systemClock.sleep(10, { signal });
    await vi.advanceTimersByTimeAsync(10);
    await ended;
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);

    const reason = new Error('enough');
    const aborted = systemClock.sleep(10, { signal });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    await expect(systemClock.sleep(10, { signal })).rejects.toBe(reason);
  });

  it('monotonic() and now() move with the time', async () => {
    const [monotonic, now] = [systemClock.monotonic(), systemClock.now()];
    await vi.advanceTimersByTimeAsync(1_500);
    expect(systemClock.monotonic() - monotonic).toBe(1_500);
    expect(systemClock.now() - now).toBe(1_500);
  });
});
