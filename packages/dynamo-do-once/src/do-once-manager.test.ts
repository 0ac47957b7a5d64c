import { createHash } from 'node:crypto';

import { N, S, type PartitionedTable } from '@x/dynamo-core';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { gate, TestSetup, startMs } from '../test/test-setup.js';
import { DoOnceManager, DoOnceMismatchError, type DoOnceManagerOptions } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  vi.stubEnv('PARADOX_ENV', '');
  setup = new TestSetup();
  return () => {
    expect(setup.clock.pendingSleeps).toBe(0);
    vi.unstubAllEnvs();
  };
});

const never = (): Promise<never> => Promise.reject(new Error('It acted again'));

const ignore = (): void => undefined;

function invalid(field: string): object {
  return { name: 'InvalidInputError', field };
}

describe('new DoOnceManager()', () => {
  test('takes a PartitionedKeyValueTable, and its clock, random and names', async () => {
    const { transport: dynamo, clock } = setup;
    const mappings = { dataFieldName: 'content' };
    const table = new PartitionedKeyValueTable({
      dynamo,
      tableName: 'partitioned_keys',
      clock,
      mappings,
    });
    const manager = new DoOnceManager(table);
    const { at } = await manager.doOnce('ann', 'mail', () => 1);
    expect(at).toBe(startMs);
    expect(setup.row()?.['content']).toEqual(S(String(startMs)));
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at });
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at });
    const key = { partition: 'ann', namespace: 'users', sort: 'do_once.mail' };
    expect(await table.get(key)).toBe(at);
  });

  test('takes the options of the table and its own as one object', async () => {
    const { transport: dynamo, clock } = setup;
    const tableName = 'partitioned_keys';
    const options = { dynamo, tableName, clock, leaseMs: 5_000, storeResult: true };
    // Also those of a class.
    const manager = new DoOnceManager(Object.create(options) as object);
    const { actionResponse } = await manager.doOnce('ann', 'mail', () => setup.row()?.['lease']?.N);
    expect(actionResponse).toBe(String(startMs + 5_000));
    const other = new DoOnceManager(
      { dynamo, tableName, clock, storeResult: true },
      { storeResult: false },
    );
    expect(await other.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
    expect(() => new DoOnceManager({ dynamo, tableName, lease: 5 } as object)).toThrow(
      expect.objectContaining(invalid('lease')),
    );
    expect(() => new DoOnceManager({ dynamo, tableName, leaseMs: 0 })).toThrow('leaseMs');
  });

  test("reports to the table's monitoring unless it has one of its own", async () => {
    const [debug, info, error] = [ignore, ignore, ignore];
    const warnings: string[][] = [[], []];
    const [tables, own] = warnings.map((list) => ({
      logger: { debug, info, error, warn: (message: string): void => void list.push(message) },
    }));
    const table = {
      dynamo: setup.transport,
      tableName: 'partitioned_keys',
      monitoring: tables,
    };
    await new DoOnceManager(table, { storeResult: true }).doOnce('ann', 'a', () => () => 1);
    expect(warnings).toEqual([[expect.stringContaining('Cannot store the result')], []]);
    await new DoOnceManager(table, { storeResult: true, monitoring: own }).doOnce(
      'ann',
      'b',
      () => () => 1,
    );
    expect(warnings.map((list) => list.length)).toEqual([1, 1]);
  });

  test.each([
    ['leaseMs', { leaseMs: 0 }],
    ['leaseMs', { leaseMs: 86_400_001 }],
    ['leaseMs', { leaseMs: 1.5 }],
    ['waitMsMax', { waitMsMax: -1 }],
    ['skewToleranceMs', { skewToleranceMs: -1 }],
    ['skewToleranceMs', { skewToleranceMs: 3_600_001 }],
    ['ttlSeconds', { ttlSeconds: 0 }],
    ['onError', { onError: 'retry' }],
    ['onInProgress', { onInProgress: 'skip' }],
    ['heartbeat', { heartbeat: 1000 }],
    ['takeover', { takeover: 'yes' }],
    ['claimTtlSeconds', { claimTtlSeconds: 0 }],
    ['claimTtlSeconds', { claimTtlSeconds: 1e12 }],
    ['separateClaims', { separateClaims: 'yes' }],
    ['storeResult', { storeResult: 'json' }],
  ])('refuses a bad %s: %o', (field, options) => {
    expect(() => setup.open(options as unknown as DoOnceManagerOptions)).toThrow(
      expect.objectContaining(invalid(field)),
    );
  });

  test.each([
    ['no object', 5, 'table'],
    ['null', null, 'table'],
    [
      'a numeric sort key',
      { mappings: { sortKeyFieldAWSType: 'N' } },
      'mappings.sortKeyFieldAWSType',
    ],
    ['a name of ours', { mappings: { partitionKeyFieldName: 'owner' } }, 'mappings'],
    ['no client', { dynamo: {} }, 'dynamo'],
  ])('refuses a table that is %s', (_, given, field) => {
    const table = typeof given === 'object' && given && { tableName: 't', ...given };
    expect(() => new DoOnceManager((table || given) as unknown as PartitionedTable)).toThrow(
      expect.objectContaining(invalid(field)),
    );
  });

  test('without a table needs the environment for its name, and says so', () => {
    expect(() => new DoOnceManager()).toThrow(/PARADOX_ENV/);
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(() => new DoOnceManager()).not.toThrow();
  });
});

describe('DoOnceManager refuses, before anything is sent,', () => {
  const tooLong = 'x'.repeat(2_049);

  test.each([
    ['an empty user', (manager: DoOnceManager) => manager.doOnce('', 'k', never), 'userId'],
    ['an empty key', (manager: DoOnceManager) => manager.doOnce('u', '', never), 'key'],
    ['no key', (manager: DoOnceManager) => manager.haveAlreadyDone('u', undefined as never), 'key'],
    ['a long user', (manager: DoOnceManager) => manager.markDone(tooLong, 'k'), 'userId'],
    [
      'a key that is too long with what stands before it',
      (manager: DoOnceManager) => manager.clearKey('u', 'x'.repeat(1_011)),
      'key',
    ],
    [
      'a lease of a call',
      (m: DoOnceManager) => m.doOnce('u', 'k', never, { leaseMs: 0 }),
      'leaseMs',
    ],
    [
      'a payload that JSON would lose',
      (manager: DoOnceManager) => manager.doOnce('u', 'k', never, { payload: { a: 5n } }),
      'the value of "u/users.do_once.k"',
    ],
    ['no items', (manager: DoOnceManager) => manager.transact('u', 'k', []), 'the number of items'],
    [
      'a hundred items',
      (manager: DoOnceManager) =>
        manager.transact(
          'u',
          'k',
          Array.from({ length: 100 }, () => ({ Delete: { TableName: 't', Key: { id: 'a' } } })),
        ),
      'the number of items',
    ],
    ['an item of no kind', (m: DoOnceManager) => m.transact('u', 'k', [{}]), 'items[0]'],
  ])('%s', async (_, run, field) => {
    await expect(run(setup.open())).rejects.toMatchObject(invalid(field));
    expect(setup.sent).toEqual([]);
  });
});

describe('callers of one manager', () => {
  test('share one call: fifty of them run the action once, with two requests', async () => {
    const manager = setup.open({ storeResult: true });
    let runs = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        manager.doOnce('ann', 'mail', async () => {
          await setup.clock.advance(1);
          return ++runs;
        }),
      ),
    );
    expect(runs).toBe(1);
    const done = { at: startMs + 1, actionResponse: 1 };
    expect(answers.filter(({ didAction }) => didAction)).toEqual([{ didAction: true, ...done }]);
    expect(answers.slice(1)).toEqual(
      Array.from({ length: 49 }, () => ({ didAction: false, ...done })),
    );
    expect(setup.sent).toEqual(['PutItem', 'PutItem']);
  });

  test('share its error as well', async () => {
    const manager = setup.open();
    const broken = new Error('broken');
    let runs = 0;
    const calls = Array.from({ length: 5 }, () =>
      manager.doOnce('ann', 'mail', async () => {
        runs++;
        throw broken;
      }),
    );
    for (const call of calls) await expect(call).rejects.toBe(broken);
    expect(runs).toBe(1);
    expect(setup.sent).toEqual(['PutItem', 'DeleteItem']);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('get the result as it is stored, the first one too', async () => {
    const manager = setup.open({ storeResult: true });
    const result = { when: new Date(startMs) };
    const calls = [1, 2].map(() => manager.doOnce<unknown>('ann', 'mail', async () => result));
    const stored = { when: '2030-01-01T12:00:00.000Z' };
    const answers = (await Promise.all(calls)).map(({ actionResponse }) => actionResponse);
    expect(answers).toEqual([stored, stored]);
    expect(answers[0]).not.toBe(answers[1]);
  });

  test('go on by themselves when the one that they wait for gives up', async () => {
    await setup.die({ leaseMs: 5_000 });
    const manager = setup.open();
    const abort = new AbortController();
    const first = manager.doOnce('ann', 'mail', never, { signal: abort.signal });
    const others = [2, 3].map((n) => manager.doOnce('ann', 'mail', () => n));
    await setup.clock.advance(1_000);
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    const answers = await setup.clock.drive(Promise.all(others));
    expect(answers).toMatchObject([{ didAction: true, actionResponse: 2 }, { didAction: false }]);
  });

  test('wait once in all, for a call of their own process or for another', async () => {
    await setup.die();
    const manager = setup.open();
    const first = manager.doOnce('ann', 'mail', never, { waitMsMax: 3_000 });
    const second = manager.doOnce('ann', 'mail', never, { waitMsMax: 5_000 });
    const refused = { name: 'DoOnceInProgressError' };
    const both = Promise.allSettled([first, second]);
    expect(await setup.clock.drive(both)).toMatchObject([{ reason: refused }, { reason: refused }]);
    expect(setup.clock.now()).toBe(startMs + 5_000);
  });

  test('wait no longer than they may, and hear from the table when the lease ends', async () => {
    const work = gate();
    const manager = setup.open();
    const first = manager.doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    const second = manager.doOnce('ann', 'mail', never, { waitMsMax: 4_000 });
    await expect(setup.clock.drive(second)).rejects.toMatchObject({ retryAfterMs: 56_000 });
    expect(setup.clock.now()).toBe(startMs + 4_000);
    work.open();
    await first;
  });

  test('take over from a call of their own process that stands still', async () => {
    const work = gate();
    const manager = setup.open({ leaseMs: 2_000 });
    const first = manager.doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    const second = manager.doOnce('ann', 'mail', () => 'second');
    expect(await setup.clock.drive(second)).toMatchObject({ actionResponse: 'second' });
    work.open();
    expect(await first).toMatchObject({ didAction: false, overtaken: true });
  });

  test('that do not wait ask the table at once', async () => {
    const work = gate();
    const manager = setup.open();
    const first = manager.doOnce('ann', 'mail', () => work.opened);
    const second = manager.doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    work.open();
    await first;
  });

  test('are ended by their own signal alone', async () => {
    const work = gate();
    const manager = setup.open();
    const first = manager.doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    const abort = new AbortController();
    const second = manager.doOnce('ann', 'mail', never, { signal: abort.signal });
    await setup.clock.advance(0);
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    work.open();
    expect(await first).toMatchObject({ didAction: true });
  });

  test('with another payload are refused, not answered', async () => {
    const work = gate();
    const manager = setup.open();
    const first = manager.doOnce('ann', 'mail', () => work.opened, { payload: 1 });
    await setup.clock.advance(0);
    const second = manager.doOnce('ann', 'mail', never, { payload: 2 });
    await expect(second).rejects.toBeInstanceOf(DoOnceMismatchError);
    work.open();
    await first;
  });
});

describe('payload', () => {
  const hash = createHash('sha256').update('{"a":[{"x":1,"y":2}],"b":null}').digest('base64url');

  test('is stored as the hash of its JSON with sorted keys', async () => {
    const payload = { b: null, a: [{ y: 2, x: 1 }], missing: undefined };
    await setup.open().doOnce('ann', 'mail', () => 1, { payload });
    expect(setup.row()?.['hash']).toEqual(S(hash));
    const same = { a: [{ x: 1, y: 2 }], b: null };
    const again = setup.open().doOnce('ann', 'mail', never, { payload: same });
    expect(await again).toMatchObject({ didAction: false });
    expect(await setup.open().doOnce('ann', 'mail', never)).toMatchObject({ didAction: false });
  });

  test('that differs is refused with what is stored, done or under way', async () => {
    const manager = setup.open({ storeResult: true });
    const options = { payload: 1 };
    await manager.doOnce(
      'ann',
      'mail',
      async ({ owner }) => {
        const other = setup.open().doOnce('ann', 'mail', never, { payload: 2 });
        await expect(other).rejects.toMatchObject({
          name: 'DoOnceMismatchError',
          key: 'ann/users.do_once.mail',
          record: { done: false, owner, startedAtMs: startMs, leaseEndsAtMs: startMs + 60_000 },
        });
        return 'result';
      },
      options,
    );
    for (const refused of [
      manager.doOnce('ann', 'mail', never, { payload: 2 }),
      manager.transact(
        'ann',
        'mail',
        [{ Delete: { TableName: 'partitioned_keys', Key: { partitionKey: 'b', sortKey: 'c' } } }],
        {
          payload: 2,
        },
      ),
    ]) {
      await expect(refused).rejects.toMatchObject({
        record: {
          done: true,
          at: startMs,
          result: S('"result"'),
          payloadHash: expect.any(String) as string,
        },
      });
    }
  });

  test('of an expired mark does not count', async () => {
    const manager = setup.open({ ttlSeconds: 1 });
    await manager.doOnce('ann', 'mail', () => 1, { payload: 1 });
    await setup.clock.advance(1_000);
    const again = manager.doOnce('ann', 'mail', () => 2, { payload: 2 });
    expect(await again).toMatchObject({ didAction: true });
  });
});

describe('haveAlreadyDone(), markDone() and clearKey()', () => {
  test('tell, mark and forget, with one request each', async () => {
    const manager = setup.open();
    expect(await manager.haveAlreadyDone('ann', 'mail')).toBeUndefined();
    expect(await manager.markDone('ann', 'mail')).toBe(startMs);
    await setup.clock.advance(5);
    expect(await manager.markDone('ann', 'mail')).toBe(startMs);
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at: startMs });
    await manager.clearKey('ann', 'mail');
    expect(await manager.haveAlreadyDone('ann', 'mail', { consistent: true })).toBeUndefined();
    expect(setup.sent).toEqual([
      'GetItem',
      'PutItem',
      'PutItem',
      'GetItem',
      'DeleteItem',
      'GetItem',
    ]);
  });

  test('haveAlreadyDone() does not count a claim', async () => {
    await setup.die();
    expect(await setup.open().haveAlreadyDone('ann', 'mail')).toBeUndefined();
  });

  test('haveAlreadyDone() knows no moment of an old row that holds a string', async () => {
    await setup.put({ data: S('"2019-05-01"') });
    expect(await setup.open().haveAlreadyDone('ann', 'mail')).toEqual({
      done: true,
      at: undefined,
    });
    expect(await setup.open().doOnce('ann', 'mail', never)).toEqual({
      didAction: false,
      at: undefined,
    });
  });

  test('markDone() agrees with doOnce() on an old row that says no moment', async () => {
    await setup.put({ data: S('"2019-05-01"') });
    expect(await setup.open().markDone('ann', 'mail')).toBeUndefined();
  });

  test('markDone() takes its own repeat for success', async () => {
    setup.after = async (sent) => {
      setup.after = undefined;
      await setup.clock.advance(10);
      await setup.repeat(sent);
    };
    expect(await setup.open().markDone('ann', 'mail')).toBe(startMs);
  });

  test('markDone() during an action counts; the action is overtaken', async () => {
    const manager = setup.open();
    const answer = await manager.doOnce('ann', 'mail', async () => {
      await manager.markDone('ann', 'mail', { ttlSeconds: 5 });
      await setup.clock.advance(10);
    });
    expect(answer).toEqual({ didAction: false, at: startMs, overtaken: true });
    expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 5));
  });

  test('clearKey() during an action does not keep it from being marked', async () => {
    const manager = setup.open();
    const answer = await manager.doOnce('ann', 'mail', () => manager.clearKey('ann', 'mail'));
    expect(answer).toMatchObject({ didAction: true });
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at: startMs });
  });
});
