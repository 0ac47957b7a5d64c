import {
  describeFaultMatrix,
  type MatrixCaseOptions,
  type MatrixContext,
  type MatrixRun,
} from '@x/conformance';
import { N, S, type Item } from '@x/dynamo-core';
import { seededRandom } from '@x/dynamo-testing';
import { expect } from 'vitest';

import { DoOnceManager, partitionedKeysTable } from '../src/index.js';

/** When a matrix begins. */
const startMs = Date.UTC(2025, 0, 1);
const key = { partitionKey: S('ann'), sortKey: S('users.do_once.mail') };
const done: Item = { ...key, data: S('1700000000000'), owner: S('stranger-7'), result: S('"old"') };
const failure = { M: { name: S('Declined'), message: S('no') } };
const failed: Item = { ...key, data: S('1700000000000'), owner: S('stranger-7'), failure };
const claimed: Item = { ...key, owner: S('stranger-7'), started: N(1), lease: N(startMs + 4_000) };
const dead: Item = { ...claimed, lease: N(startMs - 4_000) };
const kept: Item = { ...dead, expiresAt: N(253_402_300_799) };
const ofAnother: Item = { ...dead, hash: S('of another payload') };

/** How often the action of the case has run. */
let runs = 0;
let managers = 0;

function act(context: { remainingMs: number }): string {
  runs += 1;
  expect(context.remainingMs).toBeGreaterThan(0);
  return 'result';
}

function fail(): never {
  runs += 1;
  throw new RangeError('the action failed');
}

function open({ options }: MatrixContext): DoOnceManager {
  runs = 0;
  // Other ids in each run: DynamoDB remembers the token of a transaction that was applied.
  const ids = seededRandom(++managers);
  const random = { unit: options.random.unit, id: () => ids.id() };
  return new DoOnceManager({ ...options, random }, { storeResult: true });
}

function rowOf({ rows }: MatrixRun): Item | undefined {
  return rows.find(({ sortKey }) => sortKey?.S === key.sortKey.S);
}

/** What must be the same with a fault: also how often the action ran, but not the ids. */
function compare({ result, error, rows }: MatrixRun): unknown {
  const withoutIds = rows.map((row) => ({ ...row, owner: undefined }));
  return { result, error, rows: withoutIds, runs };
}

const differs: MatrixCaseOptions['differs'] = {
  deleted: {
    reason: 'what another has done is deleted, too',
    expect: (run) => expect(rowOf(run)).toMatchObject({ data: S(String(startMs)) }),
  },
};

function other(context: MatrixContext, n: number): Item {
  return { partitionKey: S('balances'), sortKey: S(context.tableName), n: N(n) };
}

const deposit = (context: MatrixContext): [object] => [
  {
    Update: {
      TableName: context.tableName,
      Key: { partitionKey: 'balances', sortKey: context.tableName },
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
    },
  },
];

describeFaultMatrix<DoOnceManager>('DoOnceManager', {
  target: DoOnceManager,
  definition: partitionedKeysTable,
  create: open,
  cases: {
    doOnce: [
      {
        name: 'the first time',
        run: (manager) => manager.doOnce('ann', 'mail', act),
        compare,
        expect: (run) => {
          expect(run.result).toMatchObject({ didAction: true, actionResponse: 'result' });
          expect(rowOf(run)).toMatchObject({ data: S(String(startMs)), result: S('"result"') });
          expect(run).toMatchObject({ compared: { runs: 1 }, requests: { length: 2 } });
        },
      },
      {
        name: 'when it is done',
        rows: [done],
        run: (manager) => manager.doOnce('ann', 'mail', act),
        compare,
        expect: (run) => {
          const answer = { didAction: false, at: 1_700_000_000_000, actionResponse: 'old' };
          expect(run.result).toEqual(answer);
          expect(run.rows).toEqual(run.rowsBefore);
          expect(run).toMatchObject({ compared: { runs: 0 }, requests: { length: 1 } });
        },
      },
      {
        name: 'that fails',
        run: (manager) => manager.doOnce('ann', 'mail', fail),
        rejects: 'RangeError',
        compare,
        expect: (run) => {
          expect(run.rows).toEqual([]);
          expect(run).toMatchObject({ compared: { runs: 1 }, requests: { length: 2 } });
        },
      },
      {
        name: 'that fails for good',
        run: (manager) => manager.doOnce('ann', 'mail', fail, { storeError: () => true }),
        rejects: 'RangeError',
        compare,
        expect: (run) => {
          const failure = { M: { name: S('RangeError'), message: S('the action failed') } };
          expect(rowOf(run)).toMatchObject({ data: S(String(startMs)), failure });
          expect(run).toMatchObject({ compared: { runs: 1 }, requests: { length: 2 } });
        },
      },
      {
        name: 'when it has failed for good',
        rows: [failed],
        run: (manager) => manager.doOnce('ann', 'mail', act),
        rejects: 'DoOnceStoredError',
        compare,
        expect: (run) => {
          expect(run.rows).toEqual(run.rowsBefore);
          expect(run).toMatchObject({ compared: { runs: 0 }, requests: { length: 1 } });
        },
      },
      {
        name: 'from a dead one',
        rows: [dead],
        run: (manager) => manager.doOnce('ann', 'mail', act),
        compare,
        expect: ({ result }) => expect(result).toMatchObject({ didAction: true }),
      },
      {
        name: 'from a dead one, bound to another payload',
        rows: [ofAnother],
        run: (manager) => manager.doOnce('ann', 'mail', act, { payload: 2 }),
        rejects: 'DoOnceMismatchError',
        compare,
        expect: ({ rows }) => {
          expect(rows).toEqual([ofAnother]);
          expect(runs).toBe(0);
        },
      },
      {
        name: 'that nobody may take over',
        rows: [kept],
        run: (manager) => manager.doOnce('ann', 'mail', act),
        rejects: 'DoOnceAbandonedError',
        compare,
        expect: ({ rows }) => expect(rows).toEqual([kept]),
      },
      {
        name: 'whose claim is taken over while it acts, and not done',
        run: (manager, { engine, tableName }) =>
          manager.doOnce('ann', 'mail', ({ owner }) =>
            engine.putRow(tableName, { ...claimed, o1: S(owner) }),
          ),
        compare,
        expect: (run) => {
          expect(run.result).toMatchObject({ didAction: true });
          expect(rowOf(run)).toHaveProperty('data');
        },
      },
      {
        name: 'whose failed claim is kept, and never taken over',
        run: (manager) => manager.doOnce('ann', 'mail', fail, { takeover: false, onError: 'keep' }),
        rejects: 'RangeError',
        compare,
        expect: (run) =>
          expect(rowOf(run)).toMatchObject({ lease: N(0), expiresAt: kept['expiresAt'] }),
      },
      {
        name: 'after waiting for the lease of another',
        rows: [claimed],
        run: (manager) => manager.doOnce('ann', 'mail', act),
        compare: ({ result, error }) => ({ result, error, runs }),
        expect: ({ result }) =>
          expect(result).toEqual({
            didAction: true,
            actionResponse: 'result',
            at: startMs + 4_250,
          }),
      },
      {
        name: 'without waiting',
        rows: [claimed],
        run: (manager) => manager.doOnce('ann', 'mail', act, { onInProgress: 'throw' }),
        rejects: 'DoOnceInProgressError',
        compare,
      },
      {
        name: 'with a heartbeat',
        run: (manager, { clock }) =>
          manager.doOnce('ann', 'mail', () => clock.sleep(4_000), {
            heartbeat: true,
            leaseMs: 9_000,
          }),
        compare,
        expect: ({ requests }) =>
          expect(requests.map(({ operation }) => operation)).toEqual([
            'PutItem',
            'UpdateItem',
            'PutItem',
          ]),
      },
      {
        name: 'overtaken',
        differs,
        compare,
        run: (manager, { engine, tableName }) =>
          manager.doOnce('ann', 'mail', () => engine.putRow(tableName, done)),
        expect: ({ result, rows }) => {
          expect(result).toMatchObject({ didAction: false, overtaken: true });
          expect(rows).toEqual([done]);
        },
      },
    ],
    haveAlreadyDone: {
      rows: [done],
      run: (manager) => manager.haveAlreadyDone('ann', 'mail'),
      expect: ({ result }) => expect(result).toEqual({ done: true, at: 1_700_000_000_000 }),
    },
    getDone: [
      {
        name: 'of what is done',
        rows: [done],
        run: (manager) => manager.getDone('ann', 'mail'),
        expect: ({ result }) => expect(result).toMatchObject({ at: 1_700_000_000_000 }),
      },
      {
        name: 'of what has failed for good',
        rows: [failed],
        run: (manager) => manager.getDone('ann', 'mail'),
        expect: ({ result }) => expect(result).toMatchObject({ storedError: { message: 'no' } }),
      },
    ],
    markDone: [
      {
        name: 'of an absent key',
        compare,
        run: (manager) => manager.markDone('ann', 'mail'),
        expect: (run) => {
          expect(run.result).toBe(startMs);
          expect(rowOf(run)).toMatchObject({ data: S(String(startMs)) });
        },
      },
      {
        name: 'with a result',
        compare,
        run: (manager) => manager.markDone('ann', 'mail', { result: { id: 7 } }),
        expect: (run) => {
          expect(rowOf(run)).toMatchObject({ result: S('{"id":7}') });
          expect(run.requests.length).toBe(1);
        },
      },
      {
        name: 'of a claimed key',
        compare,
        rows: [claimed],
        run: (manager) => manager.markDone('ann', 'mail'),
        expect: (run) => expect(rowOf(run)).not.toHaveProperty('lease'),
      },
      {
        name: 'of a done key',
        differs,
        rows: [done],
        run: (manager) => manager.markDone('ann', 'mail'),
        expect: (run) => {
          expect(run.result).toBe(1_700_000_000_000);
          expect(run.rows).toEqual([done]);
        },
      },
    ],
    clearKey: {
      rows: [done],
      run: (manager) => manager.clearKey('ann', 'mail'),
      expect: ({ rows }) => expect(rows).toEqual([]),
    },
    transact: [
      {
        name: 'the first time',
        compare,
        run: (manager, context) => manager.transact('ann', 'mail', deposit(context)),
        expect: (run) => {
          expect(run.result).toEqual({ didAction: true, at: startMs });
          expect(run.rows.map(({ n }) => n?.N)).toEqual([undefined, '1']);
        },
      },
      {
        name: 'when it is done',
        differs,
        rows: [done],
        setUp: (context) => context.engine.putRow(context.tableName, other(context, 5)),
        run: (manager, context) => manager.transact('ann', 'mail', deposit(context)),
        expect: (run) => {
          expect(run.result).toEqual({ didAction: false, at: 1_700_000_000_000 });
          expect(run.rows).toEqual(run.rowsBefore);
        },
      },
    ],
    once: {
      compare,
      run: (manager) =>
        manager.once(
          { userId: (user) => user, key: (_user, key) => key },
          (user: string, key: string) => `${key} to ${user}`,
        )('ann', 'mail'),
      expect: ({ result }) => expect(result).toMatchObject({ actionResponse: 'mail to ann' }),
    },
  },
});
