import { describeOnEngines, type ConformanceEngine } from '@x/conformance';
import { MemoryDynamo } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { batchCommand } from './memory/batch-commands.js';
import { singleCommand, type Command } from './memory/commands.js';
import { outcomeOf, type Store } from './memory/outcome.js';

const definition = {
  name: 'differential',
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'N' },
} as const;
const seed = 20_240_229;
const lanes = 8;
const commandsPerLane = 25;

const sequence = fc.array(
  fc.oneof({ weight: 4, arbitrary: singleCommand }, { weight: 1, arbitrary: batchCommand }),
  { minLength: commandsPerLane, maxLength: commandsPerLane },
);

describeOnEngines('MemoryDynamo', (engine) => {
  test('call() answers a thousand generated commands as the engine does', async () => {
    const client = engine.client();
    await fc.assert(
      fc.asyncProperty(
        fc.array(sequence, { minLength: lanes, maxLength: lanes }),
        async (sequences) => {
          // Each on a table of its own, so that they can run side by side.
          await Promise.all(sequences.map((commands) => compare(engine, client, commands)));
        },
      ),
      { seed, numRuns: 6, endOnFailure: true, reporter },
    );
  }, 120_000);
});

/** Two hundred commands say less than the one that failed, with its outcomes. */
function reporter(run: fc.RunDetails<[Command[][]]>): void {
  if (run.failed) throw run.errorInstance as Error;
}

async function compare(
  engine: ConformanceEngine,
  client: Store,
  commands: readonly Command[],
): Promise<void> {
  const memory = new MemoryDynamo();
  const tableName = await engine.createTable(definition);
  memory.createTable(definition, tableName);
  for (const command of commands) {
    if (command.disputedOn.has(engine.name)) continue;
    const expected = await outcomeOf(client, command, tableName);
    const actual = await outcomeOf(memory, command, tableName);
    const shown = `${command.operation} ${JSON.stringify(command.input('table'))}`;
    expect(comparable(engine, command, actual), shown).toEqual(
      comparable(engine, command, expected),
    );
  }
}

/** Without what this engine is known to report in another way than DynamoDB (docs/engines.md). */
function comparable(
  { name }: ConformanceEngine,
  { operation, input }: Command,
  outcome: Record<string, unknown>,
): Record<string, unknown> {
  const { ConsumedCapacity: capacity, ...others } = outcome;
  const { Responses } = outcome;
  if (name === 'dynamodb-local' && operation === 'TransactGetItems' && Array.isArray(Responses)) {
    const items = Responses as readonly { Item?: object }[];
    return { Responses: items.map(({ Item = {} }) => Item) };
  }
  if (name === 'dynoxide') {
    const isProjected = input('table')['ProjectionExpression'] !== undefined;
    return operation === 'GetItem' && isProjected ? others : outcome;
  }
  const isBilledAlike = ['GetItem', 'PutItem', 'UpdateItem', 'Query'].includes(operation);
  return isBilledAlike && outcome['ScannedCount'] !== 0 ? { ...others, capacity } : others;
}
