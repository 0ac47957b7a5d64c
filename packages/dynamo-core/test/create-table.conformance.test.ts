import { describeOnEngines, recorded } from '@x/conformance';
import { FaultHandler } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { createTable, keysTable, partitionedKeysTable, systemRandom } from '../src/index.js';

describeOnEngines('core', (engine) => {
  describe('createTable()', () => {
    it('makes a table that works, with Time to Live, once or twice', async () => {
      const transport = recorded(engine.client());
      const table = `core.${systemRandom.id()}`;
      await createTable(transport, partitionedKeysTable, table);
      await createTable(transport, partitionedKeysTable, table);
      const { TimeToLiveDescription } = await transport.call('DescribeTimeToLive', {
        TableName: table,
      });
      expect(TimeToLiveDescription).toMatchObject({
        TimeToLiveStatus: expect.stringMatching(/^ENABL/) as string,
        AttributeName: 'expiresAt',
      });
      const updates = transport.requests.filter(
        ({ operation }) => operation === 'UpdateTimeToLive',
      );
      expect(updates).toHaveLength(1);
      await engine.putRow(table, { partitionKey: { S: 'p' }, sortKey: { S: 's' } });
      expect(await engine.rows(table)).toHaveLength(1);
    });

    it.each(['CreateTable', 'UpdateTimeToLive'])(
      'succeeds though the response of %s is lost',
      async (lost) => {
        const handler = new FaultHandler(({ operation, retry }) =>
          operation === lost && retry === 0 ? { kind: 'drop-after' } : undefined,
        );
        const table = `core.${systemRandom.id()}`;
        await createTable(engine.client({ faults: handler }), keysTable, table);
        expect(handler.log.filter(({ operation }) => operation === lost)).toHaveLength(2);
        expect(await engine.rows(table)).toEqual([]);
      },
    );

    it('refuses a table with another key, and one with Time to Live on another attribute', async () => {
      const table = `core.${systemRandom.id()}`;
      await createTable(engine.client(), keysTable, table);
      const numbers = { ...keysTable, partitionKey: { name: 'key', type: 'N' as const } };
      const others = [partitionedKeysTable, numbers, { ...keysTable, ttlAttribute: 'ttl' }];
      for (const other of others) {
        await expect(createTable(engine.client(), other, table)).rejects.toMatchObject({
          code: 'TableMismatch',
          tableName: table,
        });
      }
    });

    it('may run in two processes at once', async () => {
      const table = `core.${systemRandom.id()}`;
      const make = (): Promise<void> => createTable(engine.client(), keysTable, table);
      await Promise.all([make(), make(), make()]);
      expect(await engine.rows(table)).toEqual([]);
    });
  });
});
