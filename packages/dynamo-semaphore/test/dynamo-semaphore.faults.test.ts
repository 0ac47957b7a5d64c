import { describeFaultMatrix, type MatrixContext, type MatrixRun } from '@x/conformance';
import { N, S, numberOf, type Item } from '@x/dynamo-core';
import { HeldLock } from '@x/dynamo-core/mechanism';
import { expect } from 'vitest';

import { DynamoSemaphore, semaphoresTable } from '../src/index.js';

/** The clock of the matrix starts here. */
const startMs = Date.UTC(2025, 0, 1);
const fence = 41;

/** A row with places of others, whose leases end so many milliseconds after the start. */
function takenRow(...endsMs: readonly number[]): Item {
  const places = endsMs.flatMap((endMs, index): [string, Item[string]][] => [
    [`e.other-${index}`, N(startMs + endMs)],
    [`f.other-${index}`, N(fence - index)],
    [`h.other-${index}`, S(JSON.stringify({ holder: `web-${index}` }))],
  ]);
  return {
    key: S('k'),
    taken: N(endsMs.length),
    fence: N(fence),
    purgeAt: N(startMs / 1000 + 14 * 86_400),
    ...Object.fromEntries(places),
  };
}

function open({ options }: MatrixContext): DynamoSemaphore {
  return new DynamoSemaphore({ ...options, holder: 'me' });
}

async function take(context: MatrixContext): Promise<HeldLock> {
  const permit = await open(context).tryAcquire('k', { n: 2, leaseMs: 9_000 });
  if (permit === undefined) throw new Error('No place is free');
  return permit as HeldLock;
}

function endsOf(row: Item | undefined): string[] {
  return Object.keys(row ?? {}).filter((name) => name.startsWith('e.'));
}

/** What the row counts is what stands in it. */
function holds(places: number): (run: MatrixRun) => void {
  return ({ rows: [row] }) => {
    expect(numberOf(row, 'taken') ?? 0).toBe(places);
    expect(endsOf(row)).toHaveLength(places);
  };
}

function isHeld(places: number): (run: MatrixRun) => void {
  return (run) => {
    holds(places)(run);
    expect(run.result).toMatchObject({ type: 'lock', key: 'k' });
  };
}

const isUntouched = ({ rows, rowsBefore }: MatrixRun): void => expect(rows).toEqual(rowsBefore);

describeFaultMatrix<DynamoSemaphore>('DynamoSemaphore', {
  target: DynamoSemaphore,
  definition: semaphoresTable,
  create: open,
  cases: {
    tryAcquire: [
      {
        name: 'of a new key',
        run: (semaphore) => semaphore.tryAcquire('k', { n: 2, leaseMs: 9_000 }),
        expect: isHeld(1),
      },
      {
        name: 'beside another holder',
        rows: [takenRow(60_000)],
        run: (semaphore) => semaphore.tryAcquire('k', { n: 2, leaseMs: 9_000 }),
        expect: (run) => {
          isHeld(2)(run);
          expect(run.result).toMatchObject({ fence: fence + 1 });
        },
      },
      {
        name: 'of a dead holder’s place',
        rows: [takenRow(-1_000, 60_000)],
        run: (semaphore) => semaphore.tryAcquire('k', { n: 2, leaseMs: 9_000 }),
        expect: (run) => {
          isHeld(2)(run);
          expect(run.requests).toHaveLength(2);
        },
      },
      {
        name: 'where all are held',
        rows: [takenRow(60_000, 60_000)],
        run: (semaphore) => semaphore.tryAcquire('k', { n: 2 }),
        expect: (run) => {
          expect(run.result).toBeUndefined();
          isUntouched(run);
        },
      },
    ],
    acquire: [
      {
        name: 'of a place that becomes free',
        rows: [takenRow(1_000)],
        run: (semaphore) => semaphore.acquire('k', { n: 1 }),
        expect: isHeld(1),
      },
      {
        name: 'where all stay held',
        rows: [takenRow(60_000)],
        run: (semaphore) => semaphore.acquire('k', { n: 1, waitMsMax: 300 }),
        rejects: 'LockTimeoutError',
        expect: isUntouched,
      },
    ],
    withPermit: {
      run: (semaphore) => semaphore.withPermit('k', { n: 2 }, () => 'done'),
      expect: (run) => {
        expect(run.result).toBe('done');
        holds(0)(run);
      },
    },
    inspect: {
      rows: [takenRow(60_000)],
      run: (semaphore) => semaphore.inspect('k'),
      expect: ({ result }) =>
        expect(result).toEqual([
          { expiresAtMs: startMs + 60_000, holder: 'web-0', info: undefined },
        ]),
    },
  },
});

describeFaultMatrix<HeldLock>('a held place', {
  target: HeldLock,
  definition: semaphoresTable,
  create: take,
  cases: {
    ending: { run: (permit) => permit.ending(9_000).aborted, sendsNothing: true },
    interrupt: { run: (permit) => permit.interrupt('enough'), sendsNothing: true },
    assertHeld: { run: (permit) => permit.assertHeld(), sendsNothing: true },
    renew: [
      {
        name: 'of a place that is held',
        run: (permit) => permit.renew({ leaseMs: 20_000, info: 'half' }),
        expect: ({ rows: [row] }) =>
          expect(numberOf(row, endsOf(row)[0] ?? '')).toBe(startMs + 20_000),
      },
      {
        name: 'of a place that passed to another',
        prepare: async (permit, { engine, tableName }) => {
          await engine.putRow(tableName, takenRow(60_000));
          return () => permit.renew();
        },
        rejects: 'LockLostError',
        expect: isUntouched,
      },
    ],
    heartbeat: {
      run: async (permit, { clock }) => {
        const stop = permit.heartbeat();
        for (let beats = 0; beats < 4; beats++) await clock.sleep(3_100);
        stop();
        return permit.remainingMs > 0;
      },
      // A repeat may shift the beats by milliseconds.
      compare: ({ result, error, rows }) => [result, error, rows.map((row) => row['taken'])],
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
        name: 'of a place that is held',
        run: (permit) => permit.release(),
        expect: (run) => {
          expect(run.result).toBe('released');
          holds(0)(run);
        },
      },
      {
        name: 'of a place that passed to another',
        prepare: async (permit, { engine, tableName }) => {
          await engine.putRow(tableName, takenRow(60_000));
          return () => permit.release();
        },
        expect: (run) => {
          expect(run.result).toBe('superseded');
          isUntouched(run);
        },
      },
    ],
  },
});
