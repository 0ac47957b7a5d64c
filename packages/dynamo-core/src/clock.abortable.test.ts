import { getEventListeners } from 'node:events';

import { ManualClock } from '@x/dynamo-testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { abortable, deadline, systemClock, whenAborted, type Clock } from './clock.js';

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

describe('whenAborted()', () => {
  const abort = new AbortController();
  const { signal } = abort;

  test('has one listener on a signal for all who follow it, and none after the last', () => {
    const stops = Array.from({ length: 20 }, () => whenAborted(signal, expect.unreachable));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const stop of [...stops, ...stops]) stop();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('calls all back who still follow, each once, and at once where it has aborted', () => {
    const called: string[] = [];
    const stop = whenAborted(signal, () => called.push('stopped'));
    whenAborted(signal, () => called.push('first'));
    const own = whenAborted(signal, () => (called.push('second'), own()));
    whenAborted(signal, () => called.push('third'));
    stop();
    abort.abort();
    expect(called).toEqual(['first', 'second', 'third']);
    whenAborted(signal, () => called.push('late'))();
    expect(called).toEqual(['first', 'second', 'third', 'late']);
    whenAborted(undefined, expect.unreachable)();
  });

  test('leaves its listener on the signal of a deadline, for all calls that it serves, and forgets who has stopped', async () => {
    const clock = new ManualClock();
    const [stopped, called] = [vi.fn<() => void>(), vi.fn<() => void>()];
    let listeners: readonly unknown[] = [];
    const call = deadline({ clock, ms: 100 }, (own) => {
      whenAborted(own, stopped)();
      listeners = getEventListeners(own, 'abort');
      whenAborted(own, called);
      return never();
    }).catch(() => {});
    expect(listeners).toHaveLength(1);
    await clock.advance(100);
    await call;
    expect(stopped).not.toHaveBeenCalled();
    expect(called).toHaveBeenCalledOnce();
  });

  test('calls the others back where one throws, whose error is thrown outside of them', () => {
    const failing = new AbortController();
    const thrown = vi.spyOn(globalThis, 'queueMicrotask').mockReturnValue();
    const called = vi.fn<() => void>();
    whenAborted(failing.signal, () => {
      throw new Error('of a follower');
    });
    whenAborted(failing.signal, called);
    failing.abort();
    expect(called).toHaveBeenCalledOnce();
    expect(thrown.mock.calls[0]?.[0]).toThrow('of a follower');
    thrown.mockRestore();
  });
});

describe('deadline()', () => {
  test('serves a few calls with one signal, never two at once, and none after it has aborted', async () => {
    const clock = new ManualClock();
    const served = new Map<AbortSignal, number>();
    let [underWay, atOnceMax] = [new Set<AbortSignal>(), 0];
    const bounded = (isAnswered: boolean): Promise<void> =>
      deadline({ clock, ms: 100 }, async (signal) => {
        expect(signal.aborted).toBe(false);
        expect(underWay.has(signal)).toBe(false);
        underWay.add(signal);
        atOnceMax = Math.max(atOnceMax, underWay.size);
        served.set(signal, (served.get(signal) ?? 0) + 1);
        await (isAnswered ? undefined : never());
        underWay.delete(signal);
      });
    // What earlier calls of this process have left is used up first.
    for (let call = 0; call < 64 * 64; call++) await bounded(true);
    served.clear();
    for (let call = 0; call < 200; call++) await bounded(true);
    expect(served.size).toBeLessThan(6);
    expect(Math.max(...served.values())).toBeLessThan(70);

    const late = Array.from({ length: 3 }, () => bounded(false).catch(() => {}));
    await clock.advance(100);
    await Promise.all(late);
    underWay = new Set([...served.keys()].filter((signal) => signal.aborted));
    expect(underWay.size).toBe(3);
    await Promise.all(Array.from({ length: 20 }, () => bounded(true)));
    expect(atOnceMax).toBe(23);
  });

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

  test('sets no timer within one that is no longer, and ends with that', async () => {
    const clock = new ManualClock();
    const given: AbortSignal[] = [];
    const within = (innerMs: number): Promise<unknown> =>
      deadline({ clock, ms: 100 }, (signal) =>
        deadline({ clock, ms: innerMs, signal }, (inner) => (given.push(signal, inner), never())),
      ).catch((error: unknown) => error);
    const [same, shorter] = [within(100), within(99)];
    expect(clock.pendingSleeps).toBe(3);
    expect(given[1]).toBe(given[0]);
    expect(given[3]).not.toBe(given[2]);
    await clock.advance(99);
    expect(given.map(({ aborted }) => aborted)).toEqual([false, false, false, true]);
    expect(await shorter).toMatchObject({ message: 'No answer within 99 ms' });
    await clock.advance(1);
    expect(await same).toMatchObject({ message: 'No answer within 100 ms' });
    expect(clock.pendingSleeps).toBe(0);
    const aborted = deadline({ clock, ms: 100, signal: given[0] }, never);
    await expect(aborted).rejects.toThrow('No answer within 100 ms');
  });

  test('aborts no other call where a clock calls back after it was told not to', async () => {
    let callBack: (() => void) | undefined;
    const clock: Clock = {
      ...systemClock,
      after: (_, then) => ((callBack = then), () => undefined),
    };
    const first = await deadline({ clock, ms: 100 }, async (signal) => signal);
    const second = await deadline({ clock: new ManualClock(), ms: 100 }, async (signal) => {
      callBack?.();
      return signal;
    });
    expect(second).toBe(first);
    expect(second.aborted).toBe(false);
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
