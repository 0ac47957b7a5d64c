import {
  expectNoViolation,
  expectViolation,
  explore,
  sample,
  type Scenario,
  type SimulatedClient,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import { KeyValueCounter, KeyValueScopedCounter, keysTable } from '../src/index.js';
import { counterOf, increments, known, rowKey, tableName } from './counter-scenario.js';

const tables = [keysTable];
const startSeconds = 1_700_000_000;
const startMs = startSeconds * 1000;

describe('incr()', () => {
  test('counts once, whatever is lost or repeated', async () => {
    const scenario = increments({ clients: { A: 2, B: 1 } });
    const result = await explore(scenario, { tables, faultsMax: 1, preemptionsMax: 1 });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(100);
  });

  test('counts once in random schedules with several faults', async () => {
    const scenario = increments({ clients: { A: 2, B: 2, C: 2 } });
    const result = await sample(scenario, { tables, seed: 1, runs: 1_000, faultsMax: 5 });
    expectNoViolation(result);
  });

  test('counts twice when more others land before a repeat than it promises', async () => {
    for (const others of [15, 16]) {
      const scenario = increments({ clients: { A: 1, B: others } });
      const limits = {
        tables,
        faults: ['repeat'],
        faultsMax: 1,
        preemptionsMax: 1,
        runsMax: 300,
      } as const;
      const result = await explore(scenario, limits);
      if (others === 15) expectNoViolation(result);
      else expectViolation(result, 'more than once');
    }
  });

  test('with exactlyOnce: false counts twice', async () => {
    const scenario = increments({ clients: { A: 1, B: 1 }, exactlyOnce: false });
    expectViolation(await explore(scenario, { tables, faultsMax: 1 }), 'more than once');
  });

  test('counts once when the counter expires meanwhile', async () => {
    const scenario = increments({
      clients: { A: 1, B: 1 },
      row: { count: { N: '0' }, expiresAt: { N: String(startSeconds + 1) } },
    });
    const result = await explore(scenario, {
      tables,
      ticks: [2_000],
      faultsMax: 1,
      preemptionsMax: 1,
    });
    expectNoViolation(result, { exhaustive: true });
  });
});

describe('incr() of a counter that is deleted meanwhile', () => {
  const clients = { A: 1, B: 1 };
  const options = { tables, faultsMax: 1, preemptionsMax: 1 };

  test('counts once', async () => {
    const result = await explore(increments({ clients, isDeleted: true }), {
      ...options,
      faultsMax: 0,
    });
    expectNoViolation(result, { exhaustive: true });
  });

  test('counts again where it is repeated behind that, as is stated', async () => {
    const result = await explore(increments({ clients, isDeleted: true }), options);
    expectViolation(result, 'again after it went missing');
  });

  test('counts once also then, where its token has a row of its own', async () => {
    const scenario = increments({ clients, isDeleted: true, tokenTtlSeconds: 3_600 });
    const random = { ...options, seed: 8, runs: 500, faultsMax: 3 };
    expectNoViolation(await sample(scenario, random));
  });
});

/**
 * Processes that get the same message, and remember it for so long: it must count once, and each must
 * see it counted.
 */
function redelivered(...times: readonly (number | undefined)[]): Scenario {
  return (world) => {
    for (const [index, tokenTtlSeconds] of times.entries()) {
      const name = 'AB'.charAt(index);
      const client = world.client(name);
      client.run(async () => {
        const options = { token: 'message-1', tokenTtlSeconds };
        const count = await known(counterOf(client).incr('a', 1, options));
        if (count !== undefined && count !== 1) world.fail(`${name} got ${count}`);
      });
    }
    world.always(() => {
      const row = world.rows(tableName).find(({ key }) => key?.S === 'a');
      return Number(row?.['count']?.N ?? 0) > 1 ? 'counted the message twice' : undefined;
    });
  };
}

describe('a token', () => {
  test('counts once, whoever delivers it', async () => {
    const result = await explore(redelivered(undefined, undefined), {
      tables,
      faultsMax: 2,
      preemptionsMax: 1,
    });
    expectNoViolation(result, { exhaustive: true });
  });

  test('with a row of its own counts once, whoever delivers it', async () => {
    const options = { tables, faultsMax: 2, preemptionsMax: 1 };
    expectNoViolation(await explore(redelivered(3_600, 3_600), options), { exhaustive: true });
  });

  test('counts once also where one of them keeps a row of its own, and for other times', async () => {
    for (const times of [
      [undefined, 3_600],
      [60, 3_600],
    ]) {
      const options = { tables, faultsMax: 1, preemptionsMax: 1 };
      expectNoViolation(await explore(redelivered(...times), options), { exhaustive: true });
    }
  });
});

/** Three customers and two seats. */
const booking: Scenario = (world) => {
  const seats: number[] = [];
  for (const name of ['A', 'B', 'C']) {
    const client = world.client(name);
    client.run(async () => {
      const seat = await known(counterOf(client).tryIncr('a', 1, { max: 2 }));
      if (seat !== undefined) seats.push(seat);
    });
  }
  world.always(() => {
    const booked = Number(world.rows(tableName)[0]?.['count']?.N ?? 0);
    if (booked > 2 || seats.length > 2) return `booked ${booked} seats of 2 for ${seats.length}`;
    return undefined;
  });
  world.atEnd(() => {
    const booked = Number(world.rows(tableName)[0]?.['count']?.N ?? 0);
    return booked < seats.length ? `promised ${seats.length} seats, booked ${booked}` : undefined;
  });
};

test('tryIncr() never passes a bound, whatever is lost or repeated', async () => {
  const result = await explore(booking, { tables, faultsMax: 1, preemptionsMax: 1 });
  expectNoViolation(result, { exhaustive: true });
});

/** One sets to 10 while another increments: the increment is not undone once it has seen the 10. */
const setting: Scenario = (world) => {
  let seen: number | undefined;
  const a = world.client('A');
  a.run(async () => known(counterOf(a).set('a', 10)));
  const b = world.client('B');
  b.run(async () => {
    seen = await known(counterOf(b).incr('a'));
  });
  world.atEnd(async () => {
    const { Item } = await world.store.call('GetItem', { TableName: tableName, Key: rowKey });
    const stored = Number(Item?.['count']?.N ?? 0);
    if (seen === 11 && stored !== 11) return `answered 11 and stored ${stored}`;
    return [0, 1, 10, 11].includes(stored) ? undefined : `stored ${stored}`;
  });
};

test('set() is not repeated over what was counted since', async () => {
  const result = await explore(setting, { tables, faultsMax: 2, preemptionsMax: 3 });
  expectNoViolation(result, { exhaustive: true });
});

type Counter = ReturnType<typeof counterOf>;

/** One sets by a condition while another increments, which is not undone once it has seen that. */
function settingBy(change: (counter: Counter) => Promise<unknown>): Scenario {
  return (world) => {
    let seen: number | undefined;
    let answer: number | undefined;
    const a = world.client('A');
    a.run(async () => {
      const known10 = await known(change(counterOf(a)));
      answer = known10 === true ? 10 : (known10 as number | undefined);
    });
    const b = world.client('B');
    b.run(async () => {
      seen = await known(counterOf(b).incr('a'));
    });
    world.atEnd(() => {
      const stored = Number(world.rows(tableName)[0]?.['count']?.N ?? 0);
      if (seen === 11 && stored !== 11) return `answered 11 and stored ${stored}`;
      if (answer === 10 && stored < 10) return `answered 10 and stored ${stored}`;
      return [0, 1, 10, 11].includes(stored) ? undefined : `stored ${stored}`;
    });
  };
}

test('min() is not repeated over what was counted since, and never raises a count', async () => {
  const lowering: Scenario = (world) => {
    let [seen, answer]: (number | undefined)[] = [];
    const a = world.client('A');
    a.run(async () => {
      answer = await known(counterOf(a).min('a', -10));
    });
    const b = world.client('B');
    b.run(async () => {
      seen = await known(counterOf(b).decr('a'));
    });
    world.atEnd(() => {
      const stored = Number(world.rows(tableName)[0]?.['count']?.N ?? 0);
      if (seen === -11 && stored !== -11) return `answered -11 and stored ${stored}`;
      if (answer !== undefined && stored > -10) return `answered ${answer} and stored ${stored}`;
      return [0, -1, -10, -11].includes(stored) ? undefined : `stored ${stored}`;
    });
  };
  const options = { tables, faultsMax: 1, preemptionsMax: 2 };
  expectNoViolation(await explore(lowering, options), { exhaustive: true });
});

test.each<[string, (counter: Counter) => Promise<unknown>]>([
  ['max()', (counter) => counter.max('a', 10)],
  ['compareAndSet()', (counter) => counter.compareAndSet('a', undefined, 10)],
])('%s is not repeated over what was counted since', async (name, change) => {
  const options = { name, tables, faultsMax: 1, preemptionsMax: 2 };
  expectNoViolation(await explore(settingBy(change), options), { exhaustive: true });
});

/** What the clients count in rows beside the one of the id, each once. */
function countingApart(count: (client: SimulatedClient) => Promise<unknown>): Scenario {
  return (world) => {
    let [answered, failed] = [0, 0];
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      client.run(async () => {
        for (let times = 0; times < 2; times++) {
          if ((await known(count(client).then(() => true))) === undefined) failed++;
          else answered++;
        }
      });
    }
    world.atEnd(() => {
      const stored = world
        .rows(tableName)
        .reduce((sum, row) => sum + Number(row['count']?.N ?? 0), 0);
      return stored >= answered && stored <= answered + failed
        ? undefined
        : `stored ${stored} of ${answered} that were answered and ${failed} that failed`;
    });
  };
}

test.each<[string, (client: SimulatedClient) => Promise<unknown>]>([
  [
    'a counter of three shards',
    ({ dynamo, clock, random }) =>
      new KeyValueCounter({ dynamo, tableName, clock, random, shards: 3 }).incr('a'),
  ],
  [
    'a scoped counter of three shards',
    ({ dynamo, clock, random }) => {
      const counter = new KeyValueCounter({ dynamo, tableName, clock, random, shards: 3 });
      return new KeyValueScopedCounter((id: number) => `n${id}`, counter).incr(7);
    },
  ],
  [
    'a window that ends meanwhile, by the time of the message',
    (client) => {
      const windows = counterOf(client).windowed({ windowMs: 2_000, windowsKept: 9 });
      return windows.incr('a', 1, { at: startMs });
    },
  ],
])('%s counts once, whatever is lost or repeated', async (name, count) => {
  const options = { name, tables, startMs, seed: 9, runs: 300, faultsMax: 3, ticks: [1_500] };
  expectNoViolation(await sample(countingApart(count), options));
});

/** Windows of two lengths of one id, which begin at the same moment. */
const lengths: Scenario = (world) => {
  const tallies = [1_000, 2_000].map((windowMs) => ({ windowMs, answered: 0, failed: 0 }));
  for (const name of ['A', 'B']) {
    const client = world.client(name);
    client.run(async () => {
      for (const tally of tallies) {
        const { windowMs } = tally;
        const windows = counterOf(client).windowed({ windowMs, windowsKept: 9 });
        const count = await known(windows.incr('a', 1, { at: startMs }));
        tally[count === undefined ? 'failed' : 'answered']++;
      }
    });
  }
  world.atEnd(() => {
    for (const { windowMs, answered, failed } of tallies) {
      const row = world.rows(tableName).find(({ key }) => key?.S?.includes(`@${windowMs}/`));
      const stored = Number(row?.['count']?.N ?? 0);
      if (stored < answered || stored > answered + failed) {
        return `stored ${stored} of ${answered} that were answered and ${failed} that failed`;
      }
    }
    return undefined;
  });
};

test('windows of two lengths that begin together count apart, whatever is lost or repeated', async () => {
  const options = { tables, startMs, faultsMax: 1, preemptionsMax: 1 };
  expectNoViolation(await explore(lengths, options), { exhaustive: true });
});
