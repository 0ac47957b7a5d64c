import { N, S, type TableDefinition } from '@x/dynamo-core';
import { describeOnEngines, recorded } from '@x/conformance';
import { expect, test } from 'vitest';

const definition: TableDefinition = {
  name: 'scores',
  partitionKey: { name: 'player', type: 'S' },
  sortKey: { name: 'round', type: 'N' },
};

describeOnEngines('describeOnEngines()', (engine) => {
  test('createTable() gives tables of their own', async () => {
    const [one, two] = await Promise.all([
      engine.createTable(definition),
      engine.createTable(definition),
    ]);
    await engine.putRow(one, { player: S('ann'), round: N(1) });

    expect(await engine.rows(one)).toHaveLength(1);
    expect(await engine.rows(two)).toEqual([]);
  });

  test('rows() sorts by the keys, numbers by their size', async () => {
    const table = await engine.createTable(definition);
    for (const [player, round] of [
      ['bob', 10],
      ['ann', 2],
      ['bob', 9],
    ] as const) {
      await engine.putRow(table, { player: S(player), round: N(round) });
    }

    const keys = (await engine.rows(table)).map(({ player, round }) => `${player?.S} ${round?.N}`);

    expect(keys).toEqual(['ann 2', 'bob 9', 'bob 10']);
  });

  test('row() finds one row, or undefined', async () => {
    const table = await engine.createTable(definition);
    const row = { player: S('ann'), round: N(1), points: N(5) };
    await engine.putRow(table, row);

    expect(await engine.row(table, { player: S('ann'), round: N(1) })).toEqual(row);
    expect(await engine.row(table, { player: S('ann'), round: N(2) })).toBeUndefined();
  });

  test('recorded() keeps the requests as given and sums the units', async () => {
    const table = await engine.createTable(definition);
    const transport = recorded(engine.client(), { capacity: true });
    const put = { TableName: table, Item: { player: S('ann'), round: N(1) } };
    await transport.call('PutItem', put);
    await transport.call('GetItem', { TableName: table, Key: put.Item, ConsistentRead: true });

    expect(transport.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'GetItem']);
    expect(transport.requests[0]?.input).toEqual(put);
    expect(transport.units).toEqual({ read: 1, write: 1 });
    transport.clear();
    expect(transport.requests).toEqual([]);
  });
});
