import { expect, test } from 'vitest';

import { explore, expectNoViolation, sample, type Scenario, type World } from '../index.js';

const startMs = 1_700_000_000_000;

/** Runs one client in the only schedule that there is. */
async function runAlone(
  body: (world: World) => Promise<void>,
  options: { readonly ticks?: readonly number[] } = {},
): Promise<void> {
  const scenario: Scenario = (world) => body(world);
  expectNoViolation(await explore(scenario, options));
}

test('clock.sleep() ends when the scheduler moves time to its end', async () => {
  await runAlone(async (world) => {
    const { clock } = world.client('A');
    await clock.sleep(250);
    expect(clock.now()).toBe(startMs + 250);
    expect(clock.monotonic()).toBe(250);
  });
});

test('clock.sleep() rejects with the reason of its signal', async () => {
  await runAlone(async (world) => {
    const { clock } = world.client('A');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(clock.sleep(250, { signal })).rejects.toThrow('enough');
    const later = new AbortController();
    const slept = clock.sleep(250, { signal: later.signal });
    later.abort(new Error('enough of it'));
    await expect(slept).rejects.toThrow('enough of it');
    expect(clock.now()).toBe(startMs);
  });
});

test('a run does not wait for a timer that keeps no process alive', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    client.run(async () => {
      const heartbeat = async (): Promise<never> => {
        for (;;) await client.clock.sleep(10, { keepAlive: false });
      };
      heartbeat().catch(() => world.fail('the heartbeat failed'));
      await client.step('works');
    });
  };
  const result = await explore(scenario, { preemptionsMax: 0 });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBe(1);
});

test('a timer may end while a request of the same client is in flight', async () => {
  const seen = new Set<string>();
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    let order = '';
    client.run(async () => {
      const timer = client.clock.sleep(10).then(() => (order += 'timer '));
      await client.step('works').then(() => (order += 'work '));
      await timer;
      seen.add(order);
    });
  };
  expectNoViolation(await explore(scenario, { preemptionsMax: 1 }), { exhaustive: true });
  expect(seen).toEqual(new Set(['work timer ', 'timer work ']));
});

test('clockOffsetMs and driftRate bend the clock of one client', async () => {
  await runAlone(async (world) => {
    const ahead = world.client('A', { clockOffsetMs: 500 });
    const fast = world.client('B', { driftRate: 0.25 });
    expect(ahead.clock.now()).toBe(startMs + 500);
    await ahead.clock.sleep(1000);
    expect(ahead.clock.now()).toBe(startMs + 1500);
    expect(ahead.clock.monotonic()).toBe(1000);
    expect(fast.clock.now()).toBe(startMs + 1250);
    expect(fast.clock.monotonic()).toBe(1250);
    await fast.clock.sleep(1000);
    // 1,000 of its own milliseconds are 800 of the world's.
    expect(world.nowMs).toBe(startMs + 1800);
    ahead.jumpClock(-600);
    expect(ahead.clock.now()).toBe(startMs + 1700);
    expect(ahead.clock.monotonic()).toBe(1800);
  });
});

test('explore() puts a tick everywhere', async () => {
  const seen = new Set<number>();
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    client.run(async () => {
      await client.step('first');
      seen.add(world.nowMs - startMs);
      await client.step('second');
    });
  };
  const result = await explore(scenario, { ticks: [7, 20], preemptionsMax: 0 });
  expectNoViolation(result, { exhaustive: true });
  expect(seen).toEqual(new Set([0, 7, 27]));
  // Before each of three events: the places of no, one and two ticks in order.
  expect(result.runs).toBe(1 + 3 + 6);
});

test('pauseFor() stops the timers of a client too', async () => {
  const scenario: Scenario = (world) => {
    const client = world.client('A');
    let firedMs = 0;
    client.run(async () => {
      const timer = client.clock.sleep(10).then(() => (firedMs = world.nowMs - startMs));
      await client.pauseFor(100);
      await timer;
    });
    world.client('B').run(() => world.client('B').clock.sleep(50));
    world.atEnd(() => (firedMs === 100 ? undefined : `fired at ${firedMs}`));
  };
  const result = await explore(scenario, { preemptionsMax: 0 });
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBeGreaterThan(1);
});

test('random is the same in every run, and differs between clients', async () => {
  const seen = new Set<string>();
  const scenario: Scenario = (world) => {
    const [a, b] = [world.client('A').random, world.client('longer-name').random];
    expect(a.unit()).not.toBe(b.unit());
    seen.add(`${a.id()} ${a.id()} ${b.id()} ${a.unit()} ${b.unit()}`);
  };
  await sample(scenario, { seed: 1, runs: 3 });
  expect(seen.size).toBe(1);
  expect([...seen][0]).toMatch(/^A-{10}1 A-{10}2 longer-n---1 /);
});
