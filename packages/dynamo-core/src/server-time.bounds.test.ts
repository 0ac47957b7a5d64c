import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, it } from 'vitest';

import { instantOf, ServerBounds } from './server-time.js';

/** Starts on a whole second. */
let machine: ManualClock;
let bounds: ServerBounds;
beforeEach(() => {
  machine = new ManualClock();
  bounds = new ServerBounds();
});

/** An answer after `tookMs`, whose `Date` is `offsetMs` later than the machine was when it came. */
async function answered(offsetMs: number, tookMs = 0, delayMs = 0): Promise<void> {
  const start = instantOf(machine);
  await machine.advance(tookMs);
  bounds.learn(machine, machine.now() + offsetMs, start, delayMs);
}

describe('ServerBounds', () => {
  it('knows nothing without an answer, nor by one without a time', async () => {
    expect(bounds.of(machine)).toBeUndefined();
    await answered(Number.NaN);
    expect(bounds.of(machine)).toBeUndefined();
  });

  it('takes the time of receipt for the lower bound, and that of sending for the upper one', async () => {
    await answered(-300, 100);
    expect(bounds.of(machine)).toMatchObject({ earliest: -300, latest: 1_800 });
  });

  it('counts from the attempt that was answered, not from the call', async () => {
    await answered(0, 5_000, 4_900);
    expect(bounds.of(machine)).toMatchObject({ earliest: 0, latest: 2_100 });
  });

  it('intersects what the answers say', async () => {
    await answered(-800);
    await answered(-100);
    expect(bounds.of(machine)).toMatchObject({ earliest: -100, latest: 1_200 });
  });

  it('keeps what it knows when an answer comes late', async () => {
    await answered(-100);
    await answered(-3_000, 3_000);
    const { earliest = 0, latest = 0 } = bounds.of(machine) ?? {};
    expect(earliest).toBeCloseTo(-100.6);
    expect(latest).toBeCloseTo(1_900.6);
  });

  it('is wider by 200 ppm of the time without an answer', async () => {
    await answered(-100);
    await machine.advance(1_000_000);
    expect(bounds.of(machine)).toMatchObject({ earliest: -300, latest: 2_100 });
    await answered(-200);
    expect(bounds.of(machine)).toMatchObject({ earliest: -200, latest: 1_800 });
  });

  it('believes an answer that contradicts what it knows', async () => {
    await answered(0);
    await answered(-60_000);
    expect(bounds.of(machine)).toMatchObject({ earliest: -60_000, latest: -58_000 });
  });

  it.each([1_000, -1_000, 3_600_000])('forgets when the clock is set by %d ms', async (ms) => {
    await answered(0);
    machine.jumpWall(ms);
    expect(bounds.of(machine)).toBeUndefined();
  });

  it('forgets when steps add up, and not for a small one', async () => {
    await answered(-100);
    machine.jumpWall(600);
    await answered(-100);
    expect(bounds.of(machine)).toBeDefined();
    machine.jumpWall(600);
    expect(bounds.of(machine)).toBeUndefined();
  });

  it('follows two clocks of one machine that drift apart', async () => {
    machine.drift = 100e-6;
    for (let hour = 0; hour < 24; hour++) {
      await answered(-100);
      await machine.advance(3_600_000);
      expect(bounds.of(machine)).toBeDefined();
    }
  });

  it('learns from an answer while whose way the clock was set', async () => {
    const start = instantOf(machine);
    await machine.advance(50);
    machine.jumpWall(-60_000);
    bounds.learn(machine, machine.now() + 60_000, start);
    expect(bounds.of(machine)).toMatchObject({ earliest: 60_000, latest: 62_050 });
  });

  it('leaves a right clock alone where the machine was suspended until the answer came', async () => {
    const start = instantOf(machine);
    await machine.advance(50);
    const answeredMs = machine.now();
    machine.jumpWall(600_000);
    bounds.learn(machine, answeredMs, start);
    expect(bounds.of(machine)).toMatchObject({ earliest: -600_000, latest: 2_050 });
  });
});
