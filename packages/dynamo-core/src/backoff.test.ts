import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { fullJitterMs, pause } from './backoff.js';
import type { Random } from './clock.js';

const backoff = { firstMs: 50, maxMs: 5_000 };
const always = (unit: number): Random => ({ unit: () => unit, id: () => 'id' });

describe('fullJitterMs()', () => {
  it.each([
    [0, 25],
    [1, 50],
    [2, 100],
    [6, 1_600],
    [7, 2_500],
    [2_000, 2_500],
  ])('after attempt %d is half the bound when the dice say half: %d ms', (attempt, ms) => {
    expect(fullJitterMs(attempt, backoff, always(0.5))).toBe(ms);
  });

  it('begins at zero and stays below the bound', () => {
    expect(fullJitterMs(3, backoff, always(0))).toBe(0);
    expect(fullJitterMs(3, backoff, always(0.999))).toBeLessThan(400);
  });
});

describe('pause()', () => {
  it('sleeps on the clock', async () => {
    const clock = new ManualClock();
    let over = false;
    const pausing = pause(1, backoff, { clock, random: always(0.5) }).then(() => (over = true));
    await clock.advance(49);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
    await pausing;
  });

  it('ends with the reason of the signal', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const pausing = pause(1, backoff, {
      clock,
      random: always(0.5),
      signal: controller.signal,
    });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(pausing).rejects.toBe(reason);
    expect(clock.pendingSleeps).toBe(0);
  });
});
