import { setMaxListeners } from 'node:events';

import { N, S, numberOf, type Clock, type DynamoInput, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import {
  DynamoSemaphore,
  semaphoresTable,
  type DynamoSemaphoreOptions,
  type HeldPermit,
} from './index.js';

let clock: ManualClock;
let memory: MemoryDynamo;
let sent: DynamoInput<'UpdateItem'>[];
let sentAtMs: number[];
let clients: number;
/** Runs after a request was applied, before its answer comes. */
let after: (() => Promise<unknown>) | undefined;
/** What is sent where DynamoDB refuses a request for its time. */
let corrected: ((rebuild: (() => unknown) | undefined) => object | undefined) | undefined;

beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(semaphoresTable);
  sent = [];
  sentAtMs = [];
  clients = 0;
  after = undefined;
  corrected = undefined;
});

const transport: DynamoTransport = {
  call: async (operation, input, options) => {
    sent.push(input as DynamoInput<'UpdateItem'>);
    sentAtMs.push(clock.monotonic());
    const built = (corrected?.(options?.rebuild) ?? input) as typeof input;
    const output = await memory.call(operation, built);
    await after?.();
    return output;
  },
};

function open(options: Partial<DynamoSemaphoreOptions> = {}): DynamoSemaphore {
  const random = seededRandom((clients += 1));
  const holder = `client ${clients}`;
  return new DynamoSemaphore({
    dynamo: transport,
    tableName: 'semaphores',
    clock,
    random,
    holder,
    skewToleranceMs: 0,
    ...options,
  });
}

/** The clock of a machine that is so far ahead: answers correct it. */
function ahead(offsetMs: () => number): Partial<DynamoSemaphoreOptions> {
  const wrong: Clock = {
    now: () => clock.now() + offsetMs(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, options) => clock.sleep(ms, options),
  };
  return { clock: wrong, serverClock: true };
}

async function take(n: number, leaseMs = 9_000): Promise<HeldPermit> {
  const permit = await open().tryAcquire('k', { n, leaseMs });
  if (permit === undefined) throw new Error('No place is free');
  return permit;
}

function taken(): number | undefined {
  return numberOf(memory.rows('semaphores')[0], 'taken');
}

test('a thousand that wait try at most 500 times a second, also when the leases of the dead end', async () => {
  for (let place = 0; place < 3; place++) await take(3, 8_000);
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const times: number[] = [];
  const calls = Array.from({ length: 1_000 }, async () => {
    await open().acquire('k', { n: 3, leaseMs: 60_000, waitMsMax: Infinity, signal: end.signal });
    times.push(clock.monotonic());
  });
  const settled = Promise.allSettled(calls);
  await clock.advance(14_000);
  expect(times).toHaveLength(3);
  expect(Math.max(...times)).toBeLessThanOrEqual(13_000);
  const perSecond: number[] = Array(40).fill(0);
  for (const ms of sentAtMs) perSecond[Math.floor(ms / 1_000)]! += 1;
  // Until some have told the others that they wait.
  expect(Math.max(...perSecond.slice(1))).toBeLessThanOrEqual(500);
  end.abort();
  await settled;
});

describe('tryAcquire()', () => {
  test('goes on with what it was called with', async () => {
    const options = { n: 1, leaseMs: 9_000, heartbeat: false, info: { job: 1 } };
    const taking = open().tryAcquire('k', options);
    Object.assign(options, { n: 2, leaseMs: 1, heartbeat: true });
    options.info.job = 2;
    const permit = await taking;
    expect(await open().inspect('k')).toMatchObject([{ info: { job: 1 } }]);
    expect(permit?.remainingMs).toBe(9_000);
    await clock.advance(9_000);
    expect(permit?.remainingMs).toBe(0);
  });

  test('lets n in with one request each, and refuses the next with one', async () => {
    const permits = [await take(2), await take(2)];
    expect(sent.length).toBe(2);
    expect(await open().tryAcquire('k', { n: 2 })).toBeUndefined();
    expect(sent.length).toBe(3);
    expect(permits[1]!.fence).toBe(permits[0]!.fence + 1);
    expect(await permits[0]!.release()).toBe('released');
    expect(taken()).toBe(1);
    await take(2);
  });

  test('takes a dead holder’s place with two requests', async () => {
    await take(2, 1_000);
    const alive = await take(2);
    await clock.advance(999);
    expect(await open().tryAcquire('k', { n: 2 })).toBeUndefined();
    await clock.advance(1);
    sent = [];
    await take(2);
    expect(sent.length).toBe(2);
    expect(taken()).toBe(2);
    alive.assertHeld();
  });

  test('lets holders finish where n shrinks', async () => {
    const permits = [await take(3), await take(3), await take(3)];
    await permits[0]!.release();
    await permits[1]!.release();
    expect(await open().tryAcquire('k', { n: 1 })).toBeUndefined();
    await permits[2]!.release();
    await take(1);
  });

  test('waits for the lease that makes room where n has shrunk, and takes the place as soon as it ends', async () => {
    const startedMs = clock.now();
    for (const leaseMs of [1_000, 9_000, 5_000]) await take(3, leaseMs);
    const retry = { firstMs: 60_000, maxMs: 60_000 };
    const refused = open().acquire('k', { n: 2, waitMsMax: 0 });
    await expect(refused).rejects.toMatchObject({ expiresAtMs: startedMs + 5_000 });
    await clock.drive(open().acquire('k', { n: 1, waitMsMax: 60_000, retry }));
    expect(clock.now() - startedMs).toBeLessThanOrEqual(9_000);
    expect(taken()).toBe(1);
  });

  test('a late copy of an acquisition takes no place after the release', async () => {
    const permit = await take(1);
    const copy = sent[0]!;
    await permit.release();
    await expect(memory.call('UpdateItem', copy)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(taken()).toBe(0);
  });

  test.each([
    [15, 0],
    [16, 1],
  ])(
    'a late copy behind %i other places that were given back takes %i, and that until its lease ends',
    async (others, takes) => {
      const permit = await take(1);
      const copy = sent[0]!;
      await permit.release();
      for (let other = 0; other < others; other++) await (await take(1)).release();
      await memory.call('UpdateItem', copy).catch(() => undefined);
      expect(taken()).toBe(takes);
      await clock.advance(9_000);
      expect((await take(1)).fence).toBeGreaterThan(permit.fence);
    },
  );

  test('the repeat of an acquisition has its own fence, whoever came in between', async () => {
    let other: HeldPermit | undefined;
    after = async () => {
      after = undefined;
      other = await take(2);
      // As the SDK does: it repeats the request, whose condition fails then.
      await memory.call('UpdateItem', sent[0]!);
    };
    const permit = await take(2);
    expect(other?.fence).toBe(permit.fence + 1);
    expect(taken()).toBe(2);
  });

  test('a late copy of a release gives nothing back twice', async () => {
    const first = await take(2);
    await take(2);
    await first.release();
    await expect(memory.call('UpdateItem', sent.at(-1)!)).rejects.toThrow();
    expect(taken()).toBe(1);
  });

  test('takes a free place with a clock that is four minutes behind', async () => {
    const late = open(ahead(() => -240_000));
    const permit = await late.tryAcquire('k', { n: 1, leaseMs: 9_000 });
    expect(permit?.remainingMs).toBeGreaterThan(0);
    expect(await open().tryAcquire('k', { n: 1 })).toBeUndefined();
  });

  describe('with a clock that is set ahead before the places of living holders are taken', () => {
    /** Whether the holders are found dead: the clock is set once the first answer has come. */
    const takeOver = async (
      between: () => Promise<unknown>,
      signal?: AbortSignal,
    ): Promise<HeldPermit | undefined> => {
      let requests = 0;
      const hasty: DynamoTransport = {
        call: async (operation, input) => {
          requests += 1;
          const answer = await memory.call(operation, input);
          if (requests === 2) await between();
          return answer;
        },
      };
      const options = { ...ahead(() => (requests === 0 ? 0 : 600_000)), dynamo: hasty };
      return await open(options).tryAcquire('k', { n: 2, signal });
    };

    test('nobody gets in before they stand again', async () => {
      const living = [await take(2), await take(2)];
      let third: HeldPermit | undefined;
      const hasty = await takeOver(async () => {
        third = await open().tryAcquire('k', { n: 2 });
      });
      expect([hasty, third]).toEqual([undefined, undefined]);
      expect(taken()).toBe(2);
      for (const permit of living) await permit.renew();
    });

    test('they stand again, and say what they have said', async () => {
      await open().tryAcquire('k', { n: 2, info: 'first' });
      await open().tryAcquire('k', { n: 2, leaseMs: 60_000, info: 'second' });
      const held = await open().inspect('k');
      await takeOver(async () => undefined);
      expect(await open().inspect('k')).toEqual(held);
    });

    test('a repeat that finds its place put back gives it up', async () => {
      await take(2, 60_000);
      after = async () => {
        after = undefined;
        await takeOver(async () => undefined);
        await memory.call('UpdateItem', sent.at(-1)!);
      };
      expect(await open().tryAcquire('k', { n: 2, leaseMs: 9_000 })).toBeUndefined();
      expect(taken()).toBe(1);
    });

    test('a place that a late copy took again is put back once', async () => {
      await take(2);
      // The copy comes from a caller who lets more in.
      const copy = structuredClone(sent[0]!);
      copy.ExpressionAttributeValues![':n'] = N(3);
      const other = await take(2, 60_000);
      await takeOver(() => memory.call('UpdateItem', copy));
      // That of the call, too, until its lease ends.
      expect(await open().inspect('k')).toHaveLength(3);
      expect(taken()).toBe(3);
      await other.release();
      expect(taken()).toBe(2);
    });

    test('nobody gets in whose clock is set right before the answer comes', async () => {
      const living = await take(1);
      let requests = 0;
      const hasty: DynamoTransport = {
        call: (operation, input) => {
          requests += 1;
          return memory.call(operation, input);
        },
      };
      const clocks = ahead(() => (requests < 2 ? 600_000 : 0));
      const late = open({ ...clocks, serverClock: false, dynamo: hasty });
      expect(await late.tryAcquire('k', { n: 1 })).toBeUndefined();
      expect(requests).toBe(3);
      await living.renew();
    });

    test('they stand again also where whoever took them gives up', async () => {
      const living = [await take(2), await take(2)];
      const end = new AbortController();
      // It looks as if DynamoDB had refused the only attempt.
      const reason = { $fault: 'client', $metadata: { attempts: 1 } };
      const hasty = takeOver(async () => end.abort(reason), end.signal);
      await expect(hasty).rejects.toBe(reason);
      expect(taken()).toBe(2);
      for (const permit of living) await permit.renew();
    });
  });

  test.each([0, 101, 1.5, undefined])('refuses %s holders', async (n) => {
    const call = open().tryAcquire('k', { n } as never);
    await expect(call).rejects.toMatchObject({ name: 'InvalidInputError', field: 'n' });
    expect(sent).toEqual([]);
  });
});

describe('a place', () => {
  test('is renewed, and lost with its row', async () => {
    const permit = await take(1);
    await clock.advance(5_000);
    await permit.renew();
    expect(permit.remainingMs).toBe(9_000);
    await memory.call('DeleteItem', { TableName: 'semaphores', Key: { key: S('k') } });
    await expect(permit.renew()).rejects.toMatchObject({ name: 'LockLostError', reason: 'stolen' });
  });

  test('is renewed until the right time where DynamoDB has refused the first one', async () => {
    const permit = await take(1, 3_600_000);
    const startMs = clock.now();
    clock.jumpWall(1_200_000);
    corrected = (rebuild) => {
      clock.jumpWall(startMs - clock.now());
      return rebuild?.() as object;
    };
    await permit.renew({ leaseMs: 3_600_001 });
    const [row = {}] = memory.rows('semaphores');
    const end = Object.keys(row).find((name) => name.startsWith('e.')) ?? '';
    expect(numberOf(row, end)).toBe(startMs + 3_600_001);
  });

  test('release() leaves nothing to a next holder, and says so by name', async () => {
    const permit = await take(1);
    // @ts-expect-error A place has no next holder.
    const release = permit.release({ keepInfo: true });
    await expect(release).rejects.toMatchObject({ field: 'keepInfo', name: 'InvalidInputError' });
    expect(permit.remainingMs).toBe(9_000);
    expect(await permit.release()).toBe('released');
  });

  test('release() of one that passed to another is superseded', async () => {
    const permit = await take(1, 1_000);
    await clock.advance(1_000);
    await take(1);
    expect(await permit.release()).toBe('superseded');
    expect(taken()).toBe(1);
  });
});

describe('inspect()', () => {
  test('tells who holds a place and what it says, the first to end in front', async () => {
    await take(3, 9_000);
    await open().tryAcquire('k', { n: 3, leaseMs: 2_000, info: { job: 7 } });
    const last = await open().tryAcquire('k', { n: 3, leaseMs: 3_000, info: 'begins' });
    await last!.renew({ info: 'goes on' });
    const startMs = clock.now();
    const of = (number: number, info: unknown, endMs: number) => {
      return { holder: `client ${number}`, info, expiresAtMs: startMs + endMs };
    };
    expect(await open().inspect('k')).toEqual([
      of(2, { job: 7 }, 2_000),
      // Later than all before, so that a late copy of one of those says nothing again.
      of(3, 'goes on', 3_001),
      of(1, undefined, 9_000),
    ]);
    await clock.advance(2_000);
    expect((await open().inspect('k')).length).toBe(2);
    expect(await open().inspect('another')).toEqual([]);
  });
});

describe('acquire() and withPermit()', () => {
  test('wait until a dead holder’s lease ends', async () => {
    await take(1, 3_000);
    const startMs = clock.now();
    await clock.drive(open().acquire('k', { n: 1 }));
    expect(clock.now() - startMs).toBe(3_000);
  });

  test('throw a LockTimeoutError with the holder whose lease ends first', async () => {
    await take(1, 60_000);
    const call = open().acquire('k', { n: 1, waitMsMax: 100 });
    await expect(clock.drive(call)).rejects.toMatchObject({
      name: 'LockTimeoutError',
      holder: 'client 1',
    });
  });

  test('withPermit() renews while the work runs, and gives the place back', async () => {
    const work = open().withPermit('k', { n: 1, leaseMs: 3_000 }, async (permit) => {
      await clock.sleep(20_000);
      permit.assertHeld();
      return 'done';
    });
    expect(await clock.drive(work)).toBe('done');
    expect([taken(), clock.pendingSleeps]).toEqual([0, 0]);
  });
});

test.each(['{"holder":"ann","info":', 'null', '5', '[]', '{"holder":5}'])(
  'what somebody made of a payload by hand, like %s, hides nobody',
  async (meta) => {
    const item = { key: S('k'), taken: N(1), 'e.id': N(clock.now() + 60_000), 'h.id': S(meta) };
    await memory.call('PutItem', { TableName: 'semaphores', Item: item });
    const semaphore = open();
    expect(await semaphore.inspect('k')).toEqual([
      { expiresAtMs: clock.now() + 60_000, holder: undefined, info: undefined },
    ]);
    expect(await semaphore.tryAcquire('k', { n: 1 })).toBeUndefined();
    await expect(semaphore.acquire('k', { n: 1, waitMsMax: 0 })).rejects.toMatchObject({
      code: 'LockTimeout',
      holder: undefined,
    });
  },
);
