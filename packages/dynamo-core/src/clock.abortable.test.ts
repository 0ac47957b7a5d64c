import { ManualClock } from '@x/dynamo-testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { abortable, deadline, systemClock, type Clock } from './clock.js';

const never = (): Promise<never> => new Promise(() => {});

afterEach(() => {
  vi.useRealTimers();
});

describe('abortable()', () => {
  test('passes the answer and the error of the call on, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    expect(await abortable(signal, async () => 1)).toBe(1);
    await expect(abortable(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });

  test.each([null, 0, 'enough', new Error('enough')])(
    'rejects with the reason as it is, at once, where no answer comes: %s',
    async (reason) => {
      const controller = new AbortController();
      const call = abortable(controller.signal, never);
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
    },
  );

  test('does not call with a signal that has aborted', async () => {
    const call = vi.fn<typeof never>(never);
    await expect(abortable(AbortSignal.abort(null), call)).rejects.toBe(null);
    expect(call).not.toHaveBeenCalled();
  });
});

describe('deadline()', () => {
  test('passes the answer on and leaves no timer', async () => {
    const clock = new ManualClock();
    expect(await deadline({ clock, ms: 100 }, async () => 1)).toBe(1);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('rejects when the time has passed, and aborts the call', async () => {
    const clock = new ManualClock();
    let given: AbortSignal | undefined;
    const call = deadline({ clock, ms: 100 }, (signal) => {
      given = signal;
      return never();
    }).catch((error: unknown) => error);
    await clock.advance(99);
    expect(given?.aborted).toBe(false);
    await clock.advance(1);
    expect(await call).toMatchObject({ name: 'TimeoutError', message: 'No answer within 100 ms' });
    expect(given?.aborted).toBe(true);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('rejects with the reason of its signal, and leaves neither timer nor listener', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const call = deadline({ clock, ms: 100, signal: controller.signal }, never);
    controller.abort(null);
    await expect(call).rejects.toBe(null);
    expect(clock.pendingSleeps).toBe(0);
    expect(removed).toHaveBeenCalledOnce();
  });

  test('leaves no timer of the machine, and waits longer than a timer can', async () => {
    vi.useFakeTimers();
    const clock = systemClock;
    expect(await deadline({ clock, ms: 100 }, async () => 1)).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    const ms = 2 ** 31 + 10;
    let failure: unknown;
    deadline({ clock, ms }, never).catch((error: unknown) => (failure = error));
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(failure).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(failure).toMatchObject({ name: 'TimeoutError' });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends also where a clock calls back at once', async () => {
    const clock: Clock = { ...systemClock, after: (_, then) => (then(), () => undefined) };
    const call = deadline({ clock, ms: 100 }, never);
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('ends where the clock fails', async () => {
    const clock = {
      ...systemClock,
      after: undefined,
      sleep: () => Promise.reject(new Error('no')),
    };
    await expect(deadline({ clock, ms: 100 }, never)).rejects.toThrow('no');
  });
});
