import { N, numberOf, S } from '@x/dynamo-core';
import { describeOnEngines } from '@x/conformance';
import { expect, test } from 'vitest';

import { checkFault, checkFaultFree } from '../src/fault-matrix/check-case.js';
import type { MatrixCase, MatrixContext } from '../src/fault-matrix/matrix-case.js';
import { MatrixRunner } from '../src/fault-matrix/matrix-runner.js';

interface Counter {
  incr(id: string): Promise<number | undefined>;
}

/** Adds without any means to know its own increment again. */
const naive = ({ dynamo, tableName }: MatrixContext): Counter => ({
  incr: async (id) => {
    const { Attributes } = await dynamo.call('UpdateItem', {
      TableName: tableName,
      Key: { id: S(id) },
      UpdateExpression: 'ADD hits :one',
      ExpressionAttributeValues: { ':one': N(1) },
      ReturnValues: 'ALL_NEW',
    });
    return numberOf(Attributes, 'hits');
  },
});

describeOnEngines('the fault matrix finds a naive counter', (engine) => {
  const runner = new MatrixRunner(engine, {
    definition: { name: 'counters', partitionKey: { name: 'id', type: 'S' } },
    create: naive,
  });
  const incr: MatrixCase<Counter> = { run: (counter) => counter.incr('a') };

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

  test('which counts copies that come late', async () => {
    await expect(checkFault(runner, incr, 'late-copies')).rejects.toThrow(/copies of all writes/);
  });

  test('which leaves a sleep behind', async () => {
    const sleepy: MatrixCase<Counter> = {
      run: (counter, { clock }) => {
        clock.sleep(1).catch(() => {});
        return counter.incr('a');
      },
    };
    await expect(checkFaultFree(runner, sleepy)).rejects.toThrow(/left 1 sleeps behind/);
  });

  test('which declares a difference that nothing can show', async () => {
    const difference = { reason: 'it sends no batch', expect: () => {} };
    const idle: MatrixCase<Counter> = { ...incr, differs: { partial: difference } };
    await expect(checkFault(runner, idle, 'partial')).rejects.toThrow(/a difference is declared/);
  });

  test('which says that it sends nothing', async () => {
    const silent = { ...incr, sendsNothing: true };
    await expect(checkFaultFree(runner, silent)).rejects.toThrow(/the requests/);
  });
});
