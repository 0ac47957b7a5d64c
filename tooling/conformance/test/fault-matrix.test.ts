import { N, S } from '@x/dynamo-core';
import { describeFaultMatrix, describeOnEngines } from '@x/conformance';
import { describe, expect, test } from 'vitest';

import { checkFault, checkFaultFree } from '../src/fault-matrix/check-case.js';
import type { MatrixCase } from '../src/fault-matrix/matrix-case.js';
import { MatrixRunner } from '../src/fault-matrix/matrix-runner.js';
import { publicMethods } from '../src/fault-matrix/public-methods.js';
import { boundedDynamo, definition, ExactCounter, NaiveCounter } from './counters.js';

const counted = { id: S('a'), count: N(4), last: S('another') };

describeFaultMatrix('ExactCounter', {
  target: ExactCounter,
  definition,
  create: (context) => new ExactCounter({ ...context, dynamo: boundedDynamo(context) }),
  cases: {
    incr: [
      { name: 'of nothing', run: (counter) => counter.incr('a') },
      {
        name: 'of a count',
        rows: [counted],
        run: (counter) => counter.incr('a'),
        expect: ({ result, rows, requests }) => {
          expect(result).toBe(5);
          expect(rows).toMatchObject([{ count: N(5) }]);
          expect(requests).toHaveLength(1);
        },
      },
      {
        name: 'after another one',
        prepare: async (counter) => {
          await counter.incr('a');
          return () => counter.incr('a');
        },
        expect: ({ result, rowsBefore }) => {
          expect(result).toBe(2);
          expect(rowsBefore).toMatchObject([{ count: N(1) }]);
        },
      },
    ],
    read: {
      rows: [counted],
      run: (counter) => counter.read('a', 'b'),
      expect({ result }) {
        expect(result).toEqual([4, 0]);
      },
    },
  },
});

describeOnEngines('the fault matrix finds a naive counter', (engine) => {
  const runner = new MatrixRunner(engine, {
    definition,
    create: (context) => new NaiveCounter(context),
  });
  const incr: MatrixCase<NaiveCounter> = { run: (counter) => counter.incr('a') };

  test('which is right without a fault and with those that change nothing', async () => {
    await expect(checkFaultFree(runner, incr)).resolves.toBeUndefined();
    for (const fault of ['drop-before', 'server-error', 'throttled', 'down'] as const) {
      await expect(checkFault(runner, incr, fault)).resolves.toBeUndefined();
    }
  });

  test.each(['drop-after', 'duplicate', 'server-error-applied'] as const)(
    'which counts twice: %s',
    async (fault) => {
      await expect(checkFault(runner, incr, fault)).rejects.toThrow(/on request 1 \(UpdateItem\)/);
    },
  );

  test('which leaves a sleep behind', async () => {
    const sleepy: MatrixCase<NaiveCounter> = {
      run: (counter, { clock }) => {
        clock.sleep(1).catch(() => {});
        return counter.incr('a');
      },
    };
    await expect(checkFaultFree(runner, sleepy)).rejects.toThrow(/left 1 sleeps behind/);
  });

  test('which declares a difference that nothing can show', async () => {
    const difference = { reason: 'it sends no batch', expect: () => {} };
    const idle: MatrixCase<NaiveCounter> = { ...incr, differs: { partial: difference } };
    await expect(checkFault(runner, idle, 'partial')).rejects.toThrow(/a difference is declared/);
  });

  test('which says that it sends nothing', async () => {
    const silent = { ...incr, sendsNothing: true };
    await expect(checkFaultFree(runner, silent)).rejects.toThrow(/the requests/);
  });
});

describe('publicMethods()', () => {
  test('finds methods and generators, not accessors', () => {
    class Subject {
      readonly field = 1;
      get accessor(): number {
        return this.field;
      }
      method(): number {
        return this.field;
      }
      async *generator(): AsyncGenerator<number> {
        yield await Promise.resolve(this.field);
      }
    }
    expect(publicMethods(Subject)).toEqual(['method', 'generator']);
  });
});
