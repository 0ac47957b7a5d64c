import { N, S, type TableDefinition } from '@x/dynamo-core';
import { describeOnEngines, recorded } from '@x/conformance';
import { expect, test } from 'vitest';

const definition: TableDefinition = {
  name: 'scores',
  partitionKey: { name: 'player', type: 'S' },
  sortKey: { name: 'round', type: 'S' },
};

describeOnEngines('describeOnEngines()', (engine) => {
  test('createTable() gives tables of their own, rows() sorts theirs by the keys', async () => {
    const [one, two] = [await engine.createTable(definition), await engine.createTable(definition)];
    for (const [player, round] of ['bob 2', 'ann 2', 'bob 1'].map((key) => key.split(' '))) {
      await engine.putRow(one, { player: S(player ?? ''), round: S(round ?? '') });
    }

    const keys = (await engine.rows(one)).map(({ player, round }) => `${player?.S} ${round?.S}`);

    expect(keys).toEqual(['ann 2', 'bob 1', 'bob 2']);
    expect(await engine.rows(two)).toEqual([]);
  });

  test('row() finds one row, or undefined', async () => {
    const table = await engine.createTable(definition);
    const row = { player: S('ann'), round: S('1'), points: N(5) };
    await engine.putRow(table, row);

    expect(await engine.row(table, { player: S('ann'), round: S('1') })).toEqual(row);
    expect(await engine.row(table, { player: S('ann'), round: S('2') })).toBeUndefined();
  });

  test('recorded() keeps the requests as given and sums the units', async () => {
    const table = await engine.createTable(definition);
    const transport = recorded(engine.client(), { capacity: true });
    const put = { TableName: table, Item: { player: S('ann'), round: S('1') } };
    await transport.call('PutItem', put);
    await transport.call('GetItem', { TableName: table, Key: put.Item, ConsistentRead: true });

    expect(transport.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'GetItem']);
    expect(transport.requests[0]?.input).toEqual(put);
    expect(transport.units).toEqual({ read: 1, write: 1 });
    transport.clear();
    expect(transport.requests).toEqual([]);
  });
});
