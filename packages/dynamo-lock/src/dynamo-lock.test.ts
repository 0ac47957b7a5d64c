import { N, S, type DynamoInput, type DynamoTransport, type Item } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { DynamoLock, locksTable, type DynamoLockOptions, type HeldLock } from './index.js';

const startMs = Date.UTC(2030, 0, 1, 12);
const startSeconds = startMs / 1000;

let clock: ManualClock;
let memory: MemoryDynamo;
let sent: string[];
let warnings: string[];
/** Runs before a request is applied (`before`) or before its answer comes back. */
let before: ((input: DynamoInput<'UpdateItem'>) => unknown) | undefined;
let after: (() => unknown) | undefined;

beforeEach(() => {
  clock = new ManualClock({ nowMs: startMs });
  memory = new MemoryDynamo({ clock });
  memory.createTable(locksTable);
  sent = [];
  warnings = [];
  before = undefined;
  after = undefined;
});

const transport: DynamoTransport = {
  call: async (operation, input) => {
    sent.push(operation);
    await before?.(input as DynamoInput<'UpdateItem'>);
    const output = await memory.call(operation, input);
    await after?.();
    return output;
  },
};

let clients = 0;

function open(options: DynamoLockOptions = {}): DynamoLock {
  return new DynamoLock({
    dynamo: transport,
    tableName: 'locks',
    clock,
    random: seededRandom(++clients),
    skewToleranceMs: 0,
    holder: `client ${clients}`,
    monitoring: {
      logger: {
        debug: () => {},
        info: () => {},
        warn: (message) => warnings.push(message),
        error: () => {},
      },
    },
    ...options,
  });
}

function invalid(field: string): object {
  return { name: 'InvalidInputError', code: 'InvalidInput', field };
}

function lose(): never {
  throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
}

function rowOf(key: string): Item | undefined {
  return memory.rows('locks').find((row) => row['key']?.S === key);
}

async function held(lock: Promise<HeldLock | undefined>): Promise<HeldLock> {
  const taken = await lock;
  if (taken === undefined) throw new Error('The lock is not free');
  return taken;
}

describe('new DynamoLock()', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ['skewToleranceMs', { skewToleranceMs: -1 }],
    ['skewToleranceMs', { skewToleranceMs: 0.5 }],
    ['skewToleranceMs', { skewToleranceMs: 3_600_001 }],
    ['holder', { holder: '' }],
    ['holder', { holder: 'é'.repeat(129) }],
    ['holder', { holder: 5 }],
    ['tableName', { tableName: '' }],
    ['dynamo', { dynamo: {} }],
  ])('refuses a bad %s', (field, options) => {
    const bad = options as unknown as DynamoLockOptions;
    expect(() => open(bad)).toThrow(expect.objectContaining(invalid(field)));
  });

  test('works on the table "locks" of the environment by default', async () => {
    vi.stubEnv('PARADOX_ENV', 'local');
    memory.createTable(locksTable, 'paradox.dev.locks');
    await held(new DynamoLock({ dynamo: transport, clock }).tryAcquire('k', 9));
    expect(memory.rows('paradox.dev.locks')).toHaveLength(1);
  });

  test('names the holder after the host and the process by default', async () => {
    const locks = new DynamoLock({ dynamo: transport, tableName: 'locks', clock });
    await locks.tryAcquire('k', 9);
    expect((await locks.inspect('k'))?.holder).toMatch(new RegExp(`^.+:${process.pid}$`));
  });
});

describe('bad input', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;

  test.each<[string, string, (locks: DynamoLock) => Promise<unknown>]>([
    ['key', 'an empty key', (locks) => locks.tryAcquire('', 9)],
    ['key', 'a key that is not a string', (locks) => locks.tryAcquire(7 as never, 9)],
    ['key', 'a key over 2,048 bytes', (locks) => locks.acquire('k'.repeat(2_049), 9)],
    ['timeoutSeconds', 'no time', (locks) => locks.tryAcquire('k', 0)],
    ['timeoutSeconds', 'a text as a time', (locks) => locks.tryAcquire('k', '9' as never)],
    ['timeoutSeconds', 'a date as a time', (locks) => locks.acquire('k', startMs)],
    ['info', 'a function', (locks) => locks.tryAcquire('k', 9, { info: () => 1 })],
    ['info', 'a circle', (locks) => locks.tryAcquire('k', 9, { info: circular })],
    ['info', 'over 1,024 bytes', (locks) => locks.tryAcquire('k', 9, { info: 'é'.repeat(512) })],
    ['waitMsMax', 'a negative wait', (locks) => locks.acquire('k', 9, { waitMsMax: -1 })],
    ['waitMsMax', 'NaN', (locks) => locks.acquireAll(['k'], 9, { waitMsMax: Number.NaN })],
    ['keys', 'no keys', (locks) => locks.acquireAll([], 9)],
    ['keys', 'a text as keys', (locks) => locks.acquireAll('k' as never, 9)],
    ['key', 'an empty key among others', (locks) => locks.acquireAll(['k', ''], 9)],
    ['key', 'an empty key to inspect', (locks) => locks.inspect('')],
    ['key', 'an empty key to free', (locks) => locks.forceRelease('')],
    ['timeoutSeconds', 'no time for work', (l) => l.withLock('k', { timeoutSeconds: 0 }, () => 1)],
  ])('is refused by its field %s, and nothing is sent: %s', async (field, _, call) => {
    await expect(call(open())).rejects.toMatchObject(invalid(field));
    expect(sent).toEqual([]);
  });
});

describe('tryAcquire()', () => {
  test('returns undefined while the lease of another holder runs, in one request', async () => {
    await held(open().tryAcquire('k', 9));
    sent = [];
    await clock.advance(8_999);
    expect(await open().tryAcquire('k', 9)).toBeUndefined();
    expect(sent).toEqual(['UpdateItem']);
  });

  test('takes a dead holder’s lock on the first try, as soon as its lease is over', async () => {
    const dead = await held(open().tryAcquire('k', 9));
    await clock.advance(9_000);
    const next = await held(open().tryAcquire('k', 9));
    expect(next.fence).toBe(dead.fence + 1);
  });

  test('takes an expired lock only after the tolerance for the clocks', async () => {
    await held(open().tryAcquire('k', 9));
    const patient = open({ skewToleranceMs: 1_000 });
    await clock.advance(9_999);
    expect(await patient.tryAcquire('k', 9)).toBeUndefined();
    await clock.advance(1);
    await held(patient.tryAcquire('k', 9));
  });

  test('counts a part of a second as a whole one in the row, and not in the lease', async () => {
    await clock.advance(1);
    const lock = await held(open().tryAcquire('k', 1));
    expect(lock.remainingMs()).toBe(1_000);
    expect(rowOf('k')).toMatchObject({ expiresAt: N(startSeconds + 2) });
  });

  test('sends nothing when the signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(open().tryAcquire('k', 9, { signal })).rejects.toThrow('enough');
    expect(sent).toEqual([]);
  });

  test('that is aborted gives back what it took and throws the reason of the signal', async () => {
    const abort = new AbortController();
    after = () => {
      after = undefined;
      abort.abort(new Error('enough'));
    };
    await expect(open().tryAcquire('k', 9, { signal: abort.signal })).rejects.toThrow('enough');
    expect(sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(open().tryAcquire('k', 9));
    expect(clock.pendingSleeps).toBe(0);
  });

  test('that got no answer gives back what it took and throws the error', async () => {
    after = () => {
      after = undefined;
      lose();
    };
    await expect(open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(open().tryAcquire('k', 9));
  });

  test('that got no answer leaves the lock of another alone', async () => {
    const other = await held(open().tryAcquire('k', 9));
    before = lose;
    await expect(open().tryAcquire('k', 9)).rejects.toThrow('lost');
    before = undefined;
    expect(await other.release()).toBe('released');
  });

  test('that cannot give back what it took reports it and throws the first error', async () => {
    after = lose;
    await expect(open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(warnings).toContainEqual(expect.stringMatching(/^Cannot free lock "k"/));
  });

  test('that is answered with an error of the caller gives nothing back', async () => {
    const denied = { name: 'AccessDeniedException', $fault: 'client', $metadata: { attempts: 1 } };
    before = () => {
      throw Object.assign(new Error('denied'), denied);
    };
    await expect(open().tryAcquire('k', 9)).rejects.toThrow('denied');
    expect(sent).toEqual(['UpdateItem']);
  });

  test('gives back a lock whose lease was over before the answer came', async () => {
    after = () => {
      after = undefined;
      return clock.advance(9_000);
    };
    expect(await open().tryAcquire('k', 9)).toBeUndefined();
    expect(sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(rowOf('k')?.heldUntil).toBeUndefined();
  });

  test('is not undone by a copy of its request that arrives after the release', async () => {
    let copy: DynamoInput<'UpdateItem'> | undefined;
    before = (input) => (copy ??= input);
    const lock = await held(open().tryAcquire('k', 9));
    await lock.release();
    await expect(memory.call('UpdateItem', copy!)).rejects.toThrow();
    await held(open().tryAcquire('k', 9));
  });

  test('recognises a lock that it took under an earlier send', async () => {
    before = async (input) => {
      before = undefined;
      await memory.call('UpdateItem', input);
    };
    const lock = await held(open().tryAcquire('k', 9));
    expect(lock.fence).toBe(Number(rowOf('k')?.['fence']?.N));
    expect(sent).toEqual(['UpdateItem']);
  });

  test('with a heartbeat keeps the lock until it is released', async () => {
    const lock = await held(open().tryAcquire('k', 9, { heartbeat: true }));
    await clock.advance(60_000);
    lock.assertHeld();
    await lock.release();
    expect(clock.pendingSleeps).toBe(0);
  });

  test('refuses a row without a fence that claims to be its own', async () => {
    before = async (input) => {
      before = undefined;
      const owner = input.ExpressionAttributeValues?.[':owner'] ?? S('');
      const row = { key: S('k'), owner, expiresAt: N(9e9), heldUntil: N(9e9) };
      await memory.call('PutItem', { TableName: 'locks', Item: row });
    };
    await expect(open().tryAcquire('k', 9)).rejects.toMatchObject({ code: 'UnreadableRow' });
  });
});

describe('acquire()', () => {
  test('takes a free lock in one request', async () => {
    await open().acquire('k', 9);
    expect(sent).toEqual(['UpdateItem']);
  });

  test('takes the lock of a dead holder in the millisecond in which it is free', async () => {
    await held(open().tryAcquire('k', 9));
    const lock = await clock.drive(open({ skewToleranceMs: 100 }).acquire('k', 9));
    expect(clock.now()).toBe(startMs + 9_100);
    lock.assertHeld();
  });

  test('throws a LockTimeoutError with the holder and the expiry after waitMsMax', async () => {
    await held(open({ holder: 'web-7' }).tryAcquire('k', 60));
    const waiting = open().acquire('k', 9, { waitMsMax: 1_500 });
    await expect(clock.drive(waiting)).rejects.toMatchObject({
      name: 'LockTimeoutError',
      code: 'LockTimeout',
      key: 'k',
      waitedMs: 1_500,
      holder: 'web-7',
      expiresAt: new Date(startMs + 60_000),
      message:
        'Cannot acquire lock "k" within 1500 ms: "web-7" holds it until 2030-01-01T12:01:00.000Z',
    });
    expect(clock.pendingSleeps).toBe(0);
  });

  test('waits 10 seconds by default', async () => {
    await held(open().tryAcquire('k', 60));
    await expect(clock.drive(open().acquire('k', 9))).rejects.toMatchObject({ waitedMs: 10_000 });
  });

  test('with waitMsMax 0 is one attempt', async () => {
    await held(open().tryAcquire('k', 60));
    sent = [];
    await expect(open().acquire('k', 9, { waitMsMax: 0 })).rejects.toMatchObject({ waitedMs: 0 });
    expect(sent).toEqual(['UpdateItem']);
  });

  test('names no holder where an original client holds the lock', async () => {
    const row = { key: S('k'), expiresAt: N(startSeconds + 60) };
    await memory.call('PutItem', { TableName: 'locks', Item: row });
    await expect(open().acquire('k', 9, { waitMsMax: 0 })).rejects.toMatchObject({
      holder: undefined,
      expiresAt: new Date(startMs + 60_000),
    });
  });

  test('ends its wait when the signal aborts, and leaves nothing', async () => {
    await held(open().tryAcquire('k', 60));
    const abort = new AbortController();
    const waiting = open().acquire('k', 9, { signal: abort.signal });
    const outcome = expect(waiting).rejects.toThrow('enough');
    await clock.advance(1);
    abort.abort(new Error('enough'));
    await outcome;
    expect(clock.pendingSleeps).toBe(0);
  });

  test('tries again when the lease was over before the answer came', async () => {
    after = () => {
      after = undefined;
      return clock.advance(9_000);
    };
    const lock = await clock.drive(open().acquire('k', 9));
    expect(lock.remainingMs()).toBe(9_000);
  });

  test('recognises a late copy of an earlier attempt, and counts its lease from then', async () => {
    const first = await held(open().tryAcquire('k', 5));
    let copy: DynamoInput<'UpdateItem'> | undefined;
    before = (input) => (copy ??= input);
    const waiting = open().acquire('k', 60);
    await clock.advance(0);
    before = undefined;
    await first.release();
    await memory.call('UpdateItem', copy!);
    const lock = await clock.drive(waiting);
    expect(lock.expiresAt.getTime()).toBe(startMs + 60_000);
    lock.assertHeld();
  });
});

describe('withLock()', () => {
  test('runs the function under the lock, renews it, and releases it', async () => {
    const work = open().withLock('k', { timeoutSeconds: 3 }, async (lock) => {
      await clock.sleep(10_000);
      lock.assertHeld();
      return 42;
    });
    expect(await clock.drive(work)).toBe(42);
    expect(rowOf('k')?.heldUntil).toBeUndefined();
    expect(clock.pendingSleeps).toBe(0);
  });

  test('takes a lease of 30 seconds by default', async () => {
    expect(await open().withLock('k', {}, (lock) => lock.remainingMs())).toBe(30_000);
  });

  test('releases the lock and throws what the function threw', async () => {
    const work = open().withLock('k', {}, () => Promise.reject(new Error('work')));
    await expect(work).rejects.toThrow('work');
    await held(open().tryAcquire('k', 9));
  });

  test('keeps both errors when the release fails after the function did', async () => {
    const work = open().withLock('k', {}, () => {
      before = lose;
      throw new Error('work');
    });
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({
      message: 'work (and the release failed)',
      cause: { message: 'work' },
      errors: [{ message: 'work' }, { message: 'lost' }],
    });
  });

  test('throws the error of the release when only that failed', async () => {
    const work = open().withLock('k', {}, () => {
      before = lose;
    });
    await expect(work).rejects.toThrow('lost');
  });

  test('without a heartbeat throws a LockLostError when the function outlived the lease', async () => {
    const options = { timeoutSeconds: 3, heartbeat: false };
    const work = open().withLock('k', options, () => clock.sleep(3_000));
    await expect(clock.drive(work)).rejects.toMatchObject({ reason: 'expired' });
    expect(rowOf('k')?.heldUntil).toBeUndefined();
  });

  test('throws a LockLostError when the release finds the lock with another', async () => {
    const work = open().withLock('k', {}, async () => {
      await memory.call('DeleteItem', { TableName: 'locks', Key: { key: S('k') } });
    });
    await expect(work).rejects.toMatchObject({ name: 'LockLostError', reason: 'stolen' });
  });

  test('stops the function through the signal of the lock', async () => {
    const work = open().withLock('k', { timeoutSeconds: 3 }, (lock) => {
      before = lose;
      return clock.sleep(60_000, { signal: lock.signal });
    });
    const outcome = expect(work).rejects.toMatchObject({
      errors: [{ name: 'LockLostError', reason: 'unreachable' }, { message: 'lost' }],
    });
    await clock.advance(3_000);
    await outcome;
    expect(clock.pendingSleeps).toBe(0);
  });

  test('lets the function release the lock itself', async () => {
    const work = open().withLock('k', {}, async (lock) => {
      await lock.release();
      return 1;
    });
    expect(await work).toBe(1);
    expect(sent).toEqual(['UpdateItem', 'UpdateItem']);
  });
});

describe('acquireAll()', () => {
  test('takes each key once, in order, and releases all', async () => {
    const all = await open().acquireAll(['b', 'a', 'b'], 9);
    expect(all.locks.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(all.remainingMs()).toBe(9_000);
    all.assertHeld();
    expect(await all.release()).toEqual(['released', 'released']);
    expect(sent).toHaveLength(4);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('keeps the first locks while it waits for the others, and no longer', async () => {
    await held(open().tryAcquire('b', 9));
    const all = await clock.drive(open().acquireAll(['a', 'b'], 3));
    expect(clock.now()).toBe(startMs + 9_000);
    all.assertHeld();
    expect(clock.pendingSleeps).toBe(0);
  });

  test('with a heartbeat keeps all of them', async () => {
    await using all = await open().acquireAll(['a', 'b'], 3, { heartbeat: true });
    await clock.advance(60_000);
    all.assertHeld();
  });

  test('releases what it took when one cannot be had', async () => {
    await held(open().tryAcquire('b', 60));
    const waiting = open().acquireAll(['a', 'b'], 9, { waitMsMax: 500 });
    await expect(clock.drive(waiting)).rejects.toMatchObject({ code: 'LockTimeout', key: 'b' });
    await held(open().tryAcquire('a', 9));
    expect(clock.pendingSleeps).toBe(0);
  });

  test('aborts its signal when one of the locks is lost', async () => {
    const all = await open().acquireAll(['a', 'b'], 9);
    const { signal } = all;
    await all.locks[1]?.renew(60);
    await clock.advance(9_000);
    expect(signal.reason).toMatchObject({ reason: 'expired', key: 'a' });
    expect(() => all.assertHeld()).toThrow(expect.objectContaining({ key: 'a' }));
    await all.release();
  });

  test('releases all although the release of one fails', async () => {
    const all = await open().acquireAll(['a', 'b'], 9);
    before = ({ Key }) => {
      if (Key?.['key']?.S === 'a') lose();
    };
    await expect(all.release()).rejects.toThrow('lost');
    expect(rowOf('b')?.heldUntil).toBeUndefined();
    before = lose;
    const others = open().acquireAll(['c'], 9);
    await expect(others).rejects.toThrow('lost');
  });

  test('throws all the errors of several releases', async () => {
    const all = await open().acquireAll(['a', 'b'], 9);
    before = lose;
    const error = await all.release().catch((thrown: unknown) => thrown);
    expect((error as AggregateError).errors).toHaveLength(2);
  });
});

describe('inspect()', () => {
  test('tells who holds the lock, in one request', async () => {
    const lock = await held(open({ holder: 'web-7' }).tryAcquire('k', 9, { info: { job: 5 } }));
    sent = [];
    expect(await open().inspect('k')).toEqual({
      key: 'k',
      holder: 'web-7',
      info: { job: 5 },
      fence: lock.fence,
      expiresAt: new Date(startMs + 9_000),
      acquiredAt: new Date(startMs),
      leaseMs: 9_000,
    });
    expect(sent).toEqual(['GetItem']);
  });

  test('is undefined for a lock that was never taken, was released, or is expired', async () => {
    expect(await open().inspect('k')).toBeUndefined();
    const lock = await held(open().tryAcquire('k', 9));
    await lock.release();
    expect(await open().inspect('k')).toBeUndefined();
    await held(open().tryAcquire('k', 9));
    await clock.advance(9_000);
    expect(await open().inspect('k')).toBeUndefined();
  });

  test('does not name the last holder where an original client took the lock after it', async () => {
    await held(open().tryAcquire('k', 9));
    await memory.call('UpdateItem', {
      TableName: 'locks',
      Key: { key: S('k') },
      UpdateExpression: 'set expiresAt = :e',
      ExpressionAttributeValues: { ':e': N(startSeconds + 60) },
    });
    expect(await open().inspect('k')).toMatchObject({ holder: undefined, acquiredAt: undefined });
  });

  test.each([['not JSON'], ['5'], ['{"holder":7,"leaseMs":"x"}']])(
    'reads a lock whose payload somebody changed to %s',
    async (meta) => {
      const row = {
        key: S('k'),
        owner: S('o'),
        fence: N(1),
        expiresAt: N(startSeconds + 9),
        heldUntil: N(startSeconds + 9),
        meta: S(meta),
      };
      await memory.call('PutItem', { TableName: 'locks', Item: row });
      expect(await open().inspect('k')).toMatchObject({ holder: undefined, leaseMs: undefined });
    },
  );
});

describe('list()', () => {
  test('yields the locks that are held and begin with the prefix', async () => {
    const locks = open();
    await held(locks.tryAcquire('a.1', 9));
    await held(locks.tryAcquire('a.2', 1));
    await held(locks.tryAcquire('b.1', 9));
    await (await held(locks.tryAcquire('a.3', 9))).release();
    await clock.advance(1_000);
    const keys: string[] = [];
    for await (const { key } of locks.list({ prefix: 'a.' })) keys.push(key);
    expect(keys).toEqual(['a.1']);
    for await (const { key } of locks.list()) keys.push(key);
    expect(keys.sort()).toEqual(['a.1', 'a.1', 'b.1']);
  });
});

describe('forceRelease()', () => {
  test('frees the lock, says whose it was, and keeps the fence growing', async () => {
    const lock = await held(open({ holder: 'dead' }).tryAcquire('k', 60));
    sent = [];
    expect(await open().forceRelease('k')).toMatchObject({ holder: 'dead', fence: lock.fence });
    expect(sent).toEqual(['GetItem', 'UpdateItem']);
    const next = await held(open().tryAcquire('k', 9));
    expect(next.fence).toBe(lock.fence + 1);
    await expect(lock.renew()).rejects.toMatchObject({ reason: 'stolen' });
  });

  test('of a free lock answers undefined and writes nothing', async () => {
    expect(await open().forceRelease('k')).toBeUndefined();
    expect(sent).toEqual(['GetItem']);
  });

  test('frees the lock of an original client', async () => {
    const row = { key: S('k'), expiresAt: N(startSeconds + 60) };
    await memory.call('PutItem', { TableName: 'locks', Item: row });
    expect(await open().forceRelease('k')).toMatchObject({ holder: undefined });
    await held(open().tryAcquire('k', 9));
  });

  test('follows up a renewal in between', async () => {
    const lock = await held(open().tryAcquire('k', 60));
    before = async ({ UpdateExpression }) => {
      if (UpdateExpression === undefined) return;
      before = undefined;
      await clock.advance(1_000);
      await lock.renew();
    };
    expect(await open().forceRelease('k')).toMatchObject({ fence: lock.fence });
    expect(rowOf('k')?.heldUntil).toBeUndefined();
  });

  test('leaves a lock alone that passed to another in between', async () => {
    const lock = await held(open().tryAcquire('k', 60));
    before = async ({ UpdateExpression }) => {
      if (UpdateExpression === undefined) return;
      before = undefined;
      await lock.release();
      await held(open().tryAcquire('k', 9));
    };
    expect(await open().forceRelease('k')).toBeUndefined();
    expect(rowOf('k')?.heldUntil).toEqual(N(startSeconds + 9));
  });

  test('recognises its own work when the request is repeated', async () => {
    await held(open({ holder: 'dead' }).tryAcquire('k', 60));
    before = async (input) => {
      if (input.UpdateExpression === undefined) return;
      before = undefined;
      await memory.call('UpdateItem', input);
    };
    expect(await open().forceRelease('k')).toMatchObject({ holder: 'dead' });
  });
});
