import { expect, test } from 'vitest';

import { explore, expectNoViolation, expectViolation, type Scenario } from '../index.js';

import { lockScenario, lockTables as tables } from './lock-scenario.js';

test('explore() finds a short way in which a lock that releases blindly lets two in', async () => {
  const scenario = lockScenario(['A', 'B', 'C'], false);
  const found = await explore(scenario, { tables, ticks: [11], preemptionsMax: 3 });
  // The same schedules each time, up to this one.
  expect(found.runs).toBe(4075);
  const violation = expectViolation(found, 'Held by');
  expect(violation.choices).toBe('0.0.0.0.3.2.0.0.2');
  expect(violation.preemptions).toBe(2);
  expect(violation.message).toBe('Held by C and B');
  expect(violation.trace).toEqual([
    ' +0ms  A      starts',
    ' +0ms  A      PutItem locks {key=L heldBy=A----------1 untilMs=1700000000010} IF attribute_not_exists(untilMs) OR untilMs <= 1700000000000 -> applied: ok',
    ' +0ms  A      PutItem -> answered',
    ' +0ms  A      works',
    ' +0ms  clock  +11ms',
    '+11ms  C      starts',
    '+11ms  C      PutItem locks {key=L heldBy=C----------1 untilMs=1700000000021} IF attribute_not_exists(untilMs) OR untilMs <= 1700000000011 -> applied: ok',
    '+11ms  C      PutItem -> answered',
    '+11ms  A      DeleteItem locks {key=L} -> applied: ok',
    '+11ms  A      DeleteItem -> answered',
    '+11ms  B      starts',
    '+11ms  B      PutItem locks {key=L heldBy=B----------1 untilMs=1700000000021} IF attribute_not_exists(untilMs) OR untilMs <= 1700000000011 -> applied: ok',
    '+11ms  B      PutItem -> answered',
  ]);
});

test('explore() exhausts the schedules of a lock that checks its token', async () => {
  const scenario = lockScenario(['A', 'B', 'C'], true);
  const result = await explore(scenario, { tables, ticks: [11], preemptionsMax: 1 });
  expectNoViolation(result, { exhaustive: true });
  expect(result).toMatchObject({ runs: 1500, exhausted: true });
}, 60_000);

test('explore() exhausts the schedules of that lock under every fault', async () => {
  const scenario = lockScenario(['A', 'B'], true);
  const options = { tables, ticks: [11], preemptionsMax: 1, faultsMax: 1 };
  const result = await explore(scenario, options);
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBe(3834);
});

function steps(clients: number, perClient: number, seen: Set<string>): Scenario {
  return (world) => {
    let order = '';
    for (let index = 0; index < clients; index++) {
      const client = world.client(String(index));
      client.run(async () => {
        for (let step = 0; step < perClient; step++) {
          order += client.name;
          await client.step('step');
        }
        order += client.name;
      });
    }
    world.atEnd(() => {
      if (seen.has(order)) return `${order} was run twice`;
      seen.add(order);
      return undefined;
    });
  };
}

test('explore() runs each interleaving once, and all of them without a bound', async () => {
  const seen = new Set<string>();
  const result = await explore(steps(3, 1, seen), { tables, preemptionsMax: 99 });
  expectNoViolation(result, { exhaustive: true });
  // Three clients with two events each: 6! / (2! 2! 2!).
  expect(result.runs).toBe(90);
  expect(seen.size).toBe(90);
});

test('explore() keeps the preemption bound', async () => {
  const seen = new Set<string>();
  // Without a preemption only the order of the clients is left.
  await explore(steps(3, 1, seen), { tables, preemptionsMax: 0 });
  expect(seen).toEqual(new Set(['001122', '002211', '110022', '112200', '220011', '221100']));
});

test('explore() says that it is not done when runsMax ends it', async () => {
  const result = await explore(steps(3, 1, new Set()), { tables, preemptionsMax: 99, runsMax: 89 });
  expect(result).toMatchObject({ runs: 89, exhausted: false, violation: undefined });
  expect(() => expectNoViolation(result, { exhaustive: true })).toThrow('89 schedules did not');
});

test.each<[what: string, message: string, scenario: Scenario]>([
  [
    'actors for which nothing can happen any more',
    'Deadlock: nothing can happen and A did not end',
    (world) => world.client('A').run(() => new Promise(() => undefined)),
  ],
  [
    'a loop that does not end',
    'Endless: A did not end within 20 events',
    (world) => {
      const client = world.client('A');
      client.run(async () => {
        for (;;) await client.clock.sleep(100);
      });
    },
  ],
  [
    'an actor that throws',
    'A failed: RangeError: Cannot go on',
    (world) => world.client('A').run(() => Promise.reject(new RangeError('Cannot go on'))),
  ],
  [
    'what a scenario finds at its end',
    'something is left',
    (world) => world.atEnd(() => Promise.resolve('something is left')),
  ],
])('explore() reports %s', async (_, message, scenario) => {
  const violation = expectViolation(await explore(scenario, { tables, stepsMax: 20 }));
  expect(violation.message).toBe(message);
});
