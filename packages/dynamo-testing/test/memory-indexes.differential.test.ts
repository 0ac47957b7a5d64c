import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  UpdateTableCommand,
  waitUntilTableExists,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { describeOnEngines, type ConformanceEngine } from '@x/conformance';
import { systemRandom, type Item } from '@x/dynamo-core';
import { MemoryDynamo, memoryClient, type EngineName } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Command } from './memory/commands.js';
import { addedIndex, indexCommand, tableWithIndexes } from './memory/index-commands.js';
import { canonical, outcomeOf, type Json } from './memory/outcome.js';

const seed = 20_240_301;
const commands = fc.array(indexCommand, { minLength: 25, maxLength: 25 });
// Before there is the added index, while it is there, and after it was deleted.
const phases = fc.tuple(commands, commands, commands);

describeOnEngines('MemoryDynamo with indexes', (engine) => {
  test('answers generated commands and updates of the table as the engine does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(phases, { minLength: 4, maxLength: 4 }), async (lanes) => {
        await Promise.all(lanes.map((lane) => compare(engine, lane)));
      }),
      {
        seed,
        numRuns: 3,
        endOnFailure: true,
        reporter: (run) => {
          if (run.failed) throw run.errorInstance as Error;
        },
      },
    );
  }, 120_000);
});

async function compare(
  engine: ConformanceEngine,
  [before, during, after]: readonly (readonly Command[])[],
): Promise<void> {
  const client = engine.client();
  const memory = memoryClient(new MemoryDynamo());
  const TableName = `indexes.${systemRandom.id()}`;
  const both = [client, memory] as const;
  await Promise.all(
    both.map((each) => each.send(new CreateTableCommand(tableWithIndexes(TableName)))),
  );
  await expectSameTable(both, TableName);
  await expectSameOutcomes(engine.name, both, before ?? [], TableName);
  await Promise.all(
    both.map((each) => each.send(new UpdateTableCommand({ TableName, ...addedIndex }))),
  );
  await expectSameTable(both, TableName);
  await expectSameOutcomes(engine.name, both, during ?? [], TableName);
  const GlobalSecondaryIndexUpdates = [{ Delete: { IndexName: 'added' } }];
  await Promise.all(
    both.map((each) =>
      each.send(new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates })),
    ),
  );
  await expectSameTable(both, TableName);
  await expectSameOutcomes(engine.name, both, after ?? [], TableName);
  await client.send(new DeleteTableCommand({ TableName }));
  memory.destroy();
}

type Both = readonly [DynamoDBClient, DynamoDBClient];

async function expectSameOutcomes(
  engine: EngineName,
  [client, memory]: Both,
  commandsOf: readonly Command[],
  tableName: string,
): Promise<void> {
  for (const command of commandsOf) {
    if (command.disputedOn.has(engine)) continue;
    // DynamoDB Local reports the capacity of some deletes that was not asked for.
    const { ConsumedCapacity: _, ...expected } = await readOrWrite(client, command, tableName);
    const actual = await readOrWrite(memory, command, tableName);
    const shown = `${command.operation} ${JSON.stringify(command.input('table'))}`;
    expect(actual, shown).toEqual(expected);
  }
}

const pagesMax = 20;
const sortKeyOf: Readonly<Record<string, string>> = { some: 'r', added: 'r', local: 'l' };

/** A write, or all the pages of a read: rows of an index with equal keys have no order. */
async function readOrWrite(client: DynamoDBClient, command: Command, name: string): Promise<Json> {
  if (command.operation !== 'Query') return outcomeOf(client, command, name);
  const outcomes: Json[] = [];
  let ExclusiveStartKey: unknown;
  do {
    const start = ExclusiveStartKey;
    const input = (table: string): Json => ({ ...command.input(table), ExclusiveStartKey: start });
    const outcome = await outcomeOf(client, { ...command, input }, name);
    outcomes.push(outcome);
    ExclusiveStartKey = outcome['LastEvaluatedKey'];
  } while (ExclusiveStartKey !== undefined && outcomes.length < pagesMax);
  const indexName = String(command.input(name)['IndexName']);
  const items = outcomes.flatMap(({ Items }) => (Items ?? []) as Item[]);
  return {
    // What a filter leaves of a page depends on the order of rows with equal keys.
    pages: outcomes.length,
    count: outcomes.reduce((sum, { Count }) => sum + Number(Count), 0),
    scanned: outcomes.map(({ ScannedCount }) => ScannedCount),
    errors: outcomes.map(({ error }) => error),
    items: items.map((item) => JSON.stringify(item)).toSorted(),
    // Rows with equal sort keys, or without one, have no order.
    order: items.map((item) => JSON.stringify(item[sortKeyOf[indexName] ?? ''])),
  };
}

async function expectSameTable(both: Both, tableName: string): Promise<void> {
  const [expected, actual] = await Promise.all(both.map((each) => describeTable(each, tableName)));
  expect(actual).toEqual(expected);
}

async function describeTable(client: DynamoDBClient, TableName: string): Promise<Json> {
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName });
  let table: TableDescription | undefined;
  // An engine may fill a new index, or drop an old one, a moment later.
  do {
    ({ Table: table } = await client.send(new DescribeTableCommand({ TableName })));
  } while (table?.GlobalSecondaryIndexes?.some(({ IndexStatus }) => IndexStatus !== 'ACTIVE'));
  const shape = (index: NonNullable<TableDescription['GlobalSecondaryIndexes']>[number]): Json =>
    canonical({
      name: index.IndexName,
      keys: index.KeySchema,
      projection: index.Projection,
      status: index.IndexStatus,
      arn: index.IndexArn?.split('/index/').at(-1),
    });
  const byName = (one: Json, two: Json): number =>
    String(one['name']) < String(two['name']) ? -1 : 1;
  return {
    global: (table?.GlobalSecondaryIndexes ?? []).map(shape).toSorted(byName),
    local: (table?.LocalSecondaryIndexes ?? []).map(shape),
    attributes: (table?.AttributeDefinitions ?? [])
      .map((each) => JSON.stringify(canonical({ ...each })))
      .toSorted(),
  };
}
