import { N, S } from '@x/dynamo-core';
import { onFirstUse } from '@x/dynamo-core/mechanism';
import { describe, expect, test, vi } from 'vitest';

import { ManualClock } from '../clock/manual-clock.js';
import { MemoryDynamo } from './memory-dynamo.js';

const TableName = 'rows';
const definition = {
  name: TableName,
  partitionKey: { name: 'id', type: 'S' },
  ttlAttribute: 'purgeAt',
} as const;

async function withRow(ttl: 'off' | 'on'): Promise<{ clock: ManualClock; dynamo: MemoryDynamo }> {
  const clock = new ManualClock();
  const dynamo = new MemoryDynamo({ clock, ttl });
  dynamo.createTable(definition);
  const purgeAt = N(Math.ceil(clock.now() / 1000) + 60);
  await dynamo.call('PutItem', { TableName, Item: { id: S('a'), purgeAt } });
  await dynamo.call('PutItem', { TableName, Item: { id: S('b'), purgeAt: S('no number') } });
  return { clock, dynamo };
}

describe('MemoryDynamo', () => {
  test('what packages load on first use is there with the first answer under faked timers, which do not wait for it', async () => {
    const used = onFirstUse(() => new Promise((resolve) => setImmediate(resolve, 'loaded')));
    const dynamo = new MemoryDynamo();
    await dynamo.call('ListTables', {});
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      await dynamo.call('ListTables', {});
    } finally {
      vi.useRealTimers();
    }
    expect(used()).toBe('loaded');
  });

  test('it is there, too, where timers were faked before this module was loaded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    vi.resetModules();
    try {
      const core = await import('@x/dynamo-core/mechanism');
      const { MemoryDynamo: Later } = await import('./memory-dynamo.js');
      const used = core.onFirstUse(() => new Promise((resolve) => setImmediate(resolve, 'loaded')));
      await new Later().call('ListTables', {});
      expect(used()).toBe('loaded');
    } finally {
      vi.useRealTimers();
    }
  });

  test('ttl "on" removes a row when its time has passed', async () => {
    const { clock, dynamo } = await withRow('on');
    await clock.advance(59_000);
    expect(dynamo.rows(TableName)).toHaveLength(2);
    await clock.advance(2000);
    expect(dynamo.rows(TableName)).toMatchObject([{ id: S('b') }]);
  });

  test('ttl "off" keeps an expired row until sweep()', async () => {
    const { clock, dynamo } = await withRow('off');
    await clock.advance(61_000);
    expect(dynamo.rows(TableName)).toHaveLength(2);
    expect(dynamo.sweep()).toBe(1);
    expect(dynamo.rows(TableName)).toMatchObject([{ id: S('b') }]);
  });

  test('sweep() leaves a row alone that seems to have expired more than five years ago', async () => {
    const { dynamo } = await withRow('on');
    await dynamo.call('PutItem', { TableName, Item: { id: S('old'), purgeAt: N(1) } });
    expect(dynamo.sweep()).toBe(0);
  });

  test('call() remembers the token of a transaction for ten minutes', async () => {
    const { clock, dynamo } = await withRow('off');
    const add = (count: number): Promise<unknown> =>
      dynamo.call('TransactWriteItems', {
        ClientRequestToken: 'token',
        TransactItems: [
          {
            Update: {
              TableName,
              Key: { id: S('c') },
              UpdateExpression: 'ADD n :n',
              ExpressionAttributeValues: { ':n': N(count) },
            },
          },
        ],
      });
    const count = async (): Promise<unknown> =>
      (await dynamo.call('GetItem', { TableName, Key: { id: S('c') } })).Item?.['n'];
    await add(1);
    await add(1);
    expect(await count()).toEqual(N(1));
    await expect(add(2)).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
    await clock.advance(600_000);
    await add(2);
    expect(await count()).toEqual(N(3));
  });
});
