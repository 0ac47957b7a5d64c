import {
  describeFaultMatrix,
  type MatrixCaseOptions,
  type MatrixContext,
  type MatrixDifference,
  type MatrixRun,
} from '@x/conformance';
import { N, S, type Item } from '@x/dynamo-core';
import { HeldLock } from '@x/dynamo-core/mechanism';
import { expect } from 'vitest';

import { DynamoLock, locksTable } from '../src/index.js';

/** The clock of the matrix starts here. */
const startSeconds = Date.UTC(2025, 0, 1) / 1000;
const fence = 41;

/** The row of a lock that another client holds for a minute. */
function takenRow(key: string, expiresAt = startSeconds + 60): Item {
  return {
    key: S(key),
    owner: S('another'),
    fence: N(fence),
    expiresAt: N(expiresAt),
    heldUntil: N(expiresAt),
    endsAtMs: N(expiresAt * 1000),
    purgeAt: N(expiresAt + 7 * 86_400),
    meta: S(JSON.stringify({ holder: 'web-7', acquiredAt: startSeconds * 1000, leaseMs: 60_000 })),
  };
}

function freeRow(key: string): Item {
  return {
    key: S(key),
    releasedBy: S('before'),
    fence: N(fence),
    expiresAt: N(0),
    purgeAt: N(startSeconds + 86_400),
  };
}

function open({ options }: MatrixContext): DynamoLock {
  return new DynamoLock({ ...options, holder: 'me' });
}

async function take(context: MatrixContext): Promise<HeldLock> {
  const lock = await open(context).tryAcquire('k', 9);
  if (lock === undefined) throw new Error('The lock is not free');
  return lock;
}

function isHeld({ result, rows }: MatrixRun): void {
  expect(result).toMatchObject({ type: 'lock', key: 'k', fence: Number(rows[0]?.['fence']?.N) });
  expect(rows).toMatchObject([{ expiresAt: N(startSeconds + 9), heldUntil: N(startSeconds + 9) }]);
}

function isUntouched({ rows, rowsBefore }: MatrixRun): void {
  expect(rows).toEqual(rowsBefore);
}

function isFree({ rows }: MatrixRun, nextFence?: number): void {
  expect(rows.every((row) => row['heldUntil'] === undefined)).toBe(true);
  for (const row of rows) expect(row['expiresAt']).toEqual(N(0));
  if (nextFence !== undefined) expect(rows[0]).toMatchObject({ fence: N(nextFence) });
}

/** What the first request of a machine does whose clock is minutes off. */
const ahead = 'four minutes ahead before the first answer';
const behind = 'four minutes behind before the first answer';
const takenTwice = 'its lease is over when the answer comes, and is taken again';

const endsNoEarlier: MatrixDifference = {
  reason: 'it ends no earlier than it was taken for',
  expect: ({ rows }) => expect(rows[0]?.['meta']?.S).toContain('"info":{"done":3}'),
};

const copyHolds: MatrixDifference = {
  reason: 'another has released it meanwhile: the copy holds it for nobody until its lease ends',
  expect: (_, { late }) => {
    expect(late?.before[0]).not.toHaveProperty('heldUntil');
    expect(late?.after[0]).toHaveProperty('heldUntil');
  },
};

/** It takes the lock over too early, and gives the row its old end back. */
const putsBack: MatrixCaseOptions['differs'] = {
  [ahead]: {
    reason: 'the other lease, which it ended too early, gets its end back',
    expect: ({ result, rows }) => {
      expect(result).toBeUndefined();
      expect(rows).toMatchObject([{ ...endOf(takenRow('k')), fence: N(fence + 1) }]);
    },
  },
};

function endOf({ expiresAt, heldUntil, endsAtMs }: Item): object {
  return { expiresAt, heldUntil, endsAtMs };
}

describeFaultMatrix<DynamoLock>('DynamoLock', {
  target: DynamoLock,
  definition: locksTable,
  create: open,
  cases: {
    tryAcquire: [
      { name: 'of a new key', run: (locks) => locks.tryAcquire('k', 9), expect: isHeld },
      {
        name: 'of a released lock',
        rows: [freeRow('k')],
        run: (locks) => locks.tryAcquire('k', 9),
        expect: (run) => {
          isHeld(run);
          expect(run.result).toMatchObject({ fence: fence + 1 });
        },
      },
      {
        name: 'of a dead holder’s lock',
        rows: [takenRow('k', startSeconds - 1)],
        run: (locks) => locks.tryAcquire('k', 9),
        expect: isHeld,
      },
      {
        name: 'of a lock that is held',
        rows: [takenRow('k')],
        run: (locks) => locks.tryAcquire('k', 9),
        expect: (run) => {
          expect(run.result).toBeUndefined();
          isUntouched(run);
        },
        differs: putsBack,
      },
    ],
    acquire: [
      { name: 'of a free lock', run: (locks) => locks.acquire('k', 9), expect: isHeld },
      {
        name: 'of a lock that stays held',
        rows: [takenRow('k')],
        run: (locks) => locks.acquire('k', 9, { waitMsMax: 300 }),
        rejects: 'LockTimeoutError',
        expect: isUntouched,
        differs: putsBack,
      },
      {
        name: 'of a lock that becomes free',
        rows: [takenRow('k', startSeconds + 1)],
        run: (locks) => locks.acquire('k', 9),
        expect: ({ result }) => expect(result).toMatchObject({ fence: fence + 1 }),
        differs: {
          [ahead]: {
            reason: 'it gives back what it took too early',
            expect: ({ result }) => expect(result).toMatchObject({ fence: fence + 2 }),
          },
        },
      },
    ],
    withLock: [
      {
        name: 'of one key',
        rows: [freeRow('k')],
        run: (locks) => locks.withLock('k', {}, (lock) => lock.fence),
        expect: (run) => {
          expect(run.result).toBe(fence + 1);
          isFree(run, fence + 1);
        },
        differs: { 'late-copies': copyHolds },
      },
      {
        name: 'of several keys',
        rows: [freeRow('a'), freeRow('b')],
        run: (locks) => locks.withLock(['b', 'a'], (both) => both.locks.map(({ key }) => key)),
        expect: (run) => {
          expect(run.result).toEqual(['b', 'a']);
          isFree(run, fence + 1);
        },
        differs: {
          'late-copies': copyHolds,
          [behind]: { reason: takenTwice, expect: (run) => isFree(run, fence + 1) },
        },
      },
      {
        name: 'that keeps it closed for a minute',
        rows: [freeRow('k')],
        run: (locks) => locks.withLock('k', { minimumHoldMs: 60_000 }, () => 'done'),
        expect: ({ result, rows }) => {
          expect(result).toBe('done');
          const end = N(startSeconds + 60);
          expect(rows).toMatchObject([{ expiresAt: end, heldUntil: end, fence: N(fence + 1) }]);
          expect(rows[0]?.['owner']).toBeUndefined();
        },
      },
    ],
    releaseAll: {
      rows: [freeRow('k')],
      prepare: async (locks) => {
        await locks.acquire('k', { leaseMs: 9_000 });
        return () => locks.releaseAll();
      },
      expect: (run) => {
        expect(run.result).toEqual(['released']);
        isFree(run, fence + 1);
      },
    },
    acquireAll: [
      {
        name: 'of free locks',
        run: async (locks) => (await locks.acquireAll(['b', 'a'], 9)).locks.map(({ key }) => key),
        expect: ({ result, rows }) => {
          expect(result).toEqual(['b', 'a']);
          expect(rows.map((row) => row['heldUntil'])).toEqual([
            N(startSeconds + 9),
            N(startSeconds + 9),
          ]);
        },
        differs: {
          [behind]: {
            reason: takenTwice,
            // As late as it may be, by the answer.
            expect: ({ rows }) =>
              expect(rows.map(({ heldUntil }) => heldUntil)).toEqual([
                N(startSeconds + 11),
                N(startSeconds + 11),
              ]),
          },
          deleted: {
            reason: 'the first lock of two is deleted with the other',
            expect: ({ rows }) => expect(rows.map((row) => row['key'])).toEqual([S('b')]),
          },
        },
      },
      {
        name: 'of which one is held',
        rows: [freeRow('a'), takenRow('b')],
        run: (locks) => locks.acquireAll(['b', 'a'], 9, { waitMsMax: 0 }),
        rejects: 'LockTimeoutError',
        differs: { 'late-copies': copyHolds },
        expect: ({ rows }) => {
          expect(rows[0]).toMatchObject({
            fence: N(fence + 1),
            expiresAt: N(0),
          });
          expect(rows[0]?.['heldUntil']).toBeUndefined();
          expect(rows[1]).toEqual(takenRow('b'));
        },
      },
    ],
    inspect: {
      rows: [takenRow('k')],
      run: (locks) => locks.inspect('k'),
      expect: ({ result }) => expect(result).toMatchObject({ holder: 'web-7', fence }),
    },
    list: {
      rows: [takenRow('a'), freeRow('b')],
      run: (locks) => locks.list(),
      expect: ({ result }) => expect(result).toMatchObject([{ key: 'a', holder: 'web-7' }]),
    },
    sweep: [
      {
        name: 'of rows whose time has passed, of a held lock, and of rows that are kept',
        rows: [
          { ...freeRow('a'), purgeAt: N(startSeconds - 1) },
          { ...takenRow('b'), purgeAt: N(startSeconds - 1) },
          freeRow('c'),
        ],
        run: (locks) => locks.sweep(),
        expect: ({ result, rows, rowsBefore }) => {
          expect(result).toEqual({ deleted: 1 });
          expect(rows).toEqual(rowsBefore.slice(1));
        },
      },
    ],
    forceRelease: [
      {
        name: 'of a lock that is held',
        rows: [takenRow('k')],
        run: (locks) => locks.forceRelease('k'),
        expect: (run) => {
          expect(run.result).toMatchObject({ holder: 'web-7' });
          isFree(run, fence);
        },
      },
      {
        name: 'of the lock of an original client',
        rows: [{ key: S('k'), expiresAt: N(startSeconds + 60) }],
        run: (locks) => locks.forceRelease('k'),
        expect: (run) => isFree(run),
      },
    ],
  },
});

/** A little more than a third of the lease. */
const beatMs = 3_100;

describeFaultMatrix<HeldLock>('HeldLock', {
  target: HeldLock,
  definition: locksTable,
  create: take,
  cases: {
    ending: {
      run: (lock) => lock.ending(9_000).aborted,
      sendsNothing: true,
      expect: ({ result }) => expect(result).toBe(true),
    },
    interrupt: { run: (lock) => lock.interrupt('enough'), sendsNothing: true },
    assertHeld: { run: (lock) => lock.assertHeld(), sendsNothing: true },
    renew: [
      {
        name: 'of a lock that is held',
        run: (lock) => lock.renew(20),
        expect: ({ rows }) =>
          expect(rows).toMatchObject([
            { expiresAt: N(startSeconds + 20), heldUntil: N(startSeconds + 20) },
          ]),
      },
      {
        name: 'with what the holder says',
        run: (lock) => lock.renew({ info: { done: 3 } }),
        expect: ({ rows }) => expect(rows[0]?.['meta']?.S).toContain('"info":{"done":3}'),
        differs: {
          [ahead]: endsNoEarlier,
          'four minutes ahead, as it knew, and set right': endsNoEarlier,
        },
      },
      {
        name: 'of a lock that an original client took',
        prepare: async (lock, { engine, tableName }) => {
          const row = await engine.row(tableName, { key: S('k') });
          await engine.putRow(tableName, { ...row, expiresAt: N(startSeconds + 60) });
          return () => lock.renew();
        },
        rejects: 'LockLostError',
        expect: isUntouched,
      },
    ],
    heartbeat: {
      run: async (lock, { clock }) => {
        const stop = lock.heartbeat();
        // One by one: time stands still while a renewal is under way, as it nearly does.
        for (let beats = 0; beats < 4; beats++) await clock.sleep(beatMs);
        stop();
        return lock.remainingMs > 0;
      },
      // A repeat may shift the beats by milliseconds, and so round the expiry otherwise.
      compare: ({ result, error, rows }) => [result, error, rows.map((row) => row['owner'])],
      expect: ({ result }) => expect(result).toBe(true),
      differs: {
        deleted: {
          reason: 'the last renewal may still be under way, and makes no row',
          expect: ({ rows }) => expect(rows).toEqual([]),
        },
        down: {
          reason: 'it rejects nothing, and the lease ends',
          expect: ({ result, error, rows, rowsBefore }) => {
            expect([result, error]).toEqual([false, undefined]);
            expect(rows).toEqual(rowsBefore);
          },
        },
      },
    },
    release: [
      {
        name: 'of a lock that is held',
        run: (lock) => lock.release(),
        expect: (run) => {
          expect(run.result).toBe('released');
          isFree(run);
        },
      },
      {
        name: 'that leaves what the holder said',
        prepare: async (lock) => {
          await lock.renew({ info: 'half' });
          return () => lock.release({ keepInfo: true });
        },
        expect: (run) => {
          const meta = S(JSON.stringify({ holder: 'me', ended: 'released', info: 'half' }));
          expect([run.result, run.rows[0]?.['meta']]).toEqual(['released', meta]);
          isFree(run);
        },
      },
      {
        name: 'of a lock that passed to another',
        prepare: async (lock, { engine, tableName }) => {
          await engine.putRow(tableName, takenRow('k'));
          return () => lock.release();
        },
        expect: (run) => {
          expect(run.result).toBe('superseded');
          isUntouched(run);
        },
      },
      {
        name: 'of a lock that was deleted',
        prepare: async (lock, { client, tableName, engine }) => {
          const keys = await engine.keyNames(tableName);
          const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
          const Key = Object.fromEntries(keys.map((name) => [name, S('k')]));
          await client.send(new DeleteItemCommand({ TableName: tableName, Key }));
          return () => lock.release();
        },
        expect: (run) => {
          expect(run.result).toBe('superseded');
          isUntouched(run);
        },
      },
    ],
  },
});
