// The guided tour: npm run demo
import { createTable, dynamoTableName, partitionedKeysTable } from '@x/dynamo-core';
import { startDynamo, type RunningDynamo } from '@x/dynamo-testing';

import { Printer } from './printer.js';
import { goOnTour } from './tour.js';
import { steps } from './tour/steps.js';

const printer = new Printer();
const startedAt = performance.now();
process.env['PARADOX_ENV'] = 'local';

try {
  await using dynamo = await startDynamo();
  stopOnSignal(dynamo);
  printer.line(`A DynamoDB of your own: ${dynamo.engine}, at ${dynamo.endpoint}`);
  await createTables(dynamo);
  const failed = await goOnTour(steps, dynamo.client(), printer);
  const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  if (steps.length === 0) throw new Error('Cannot go on tour: it has no steps');
  if (failed.length === 0) printer.good(`\n✓ All of the tour (${steps.length}) in ${took}.`);
  else printer.bad(`\n✗ ${failed.length} of ${steps.length} failed: ${failed.join(', ')}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} catch (error) {
  printer.bad(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** The default tables of the primitives, as the steps find them in an application. */
async function createTables(dynamo: RunningDynamo): Promise<void> {
  const byKey = { partitionKey: { name: 'key', type: 'S' } } as const;
  const definitions = [
    { name: 'locks', ...byKey },
    { name: 'keys', ...byKey },
    partitionedKeysTable,
  ];
  for (const definition of definitions) {
    await createTable(dynamo.client(), definition, dynamoTableName(definition.name));
  }
}

/** Ctrl-C ends the tour, the engine first, with the exit code that a shell expects. */
function stopOnSignal(dynamo: RunningDynamo): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      const end = (): never => process.exit(code);
      dynamo.stop().then(end, end);
    });
  }
}
