// The guided tour: npm run demo
import {
  createTable,
  dynamoTableName,
  keysTable,
  partitionedKeysTable,
  type Dynamo,
} from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';

import { openDynamo, type OpenDynamo } from './open-dynamo.js';
import { Printer } from './printer.js';
import { goOnTour } from './tour.js';
import { steps } from './tour/steps.js';

const printer = new Printer();
const startedAt = performance.now();
process.env['PARADOX_ENV'] = 'local';
// The reader has seen enough (`npm run demo | head`); an engine ends with its process.
process.stdout.once('error', () => process.exit(1));

try {
  await using dynamo = await openDynamo();
  stopOnSignal(dynamo);
  printer.line(dynamo.description);
  await createTables(dynamo.dynamo);
  const failed = await goOnTour(steps, dynamo.dynamo, printer);
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
async function createTables(dynamo: Dynamo): Promise<void> {
  const definitions = [locksTable, keysTable, partitionedKeysTable];
  for (const definition of definitions) {
    await createTable(dynamo, definition, dynamoTableName(definition.name));
  }
}

/** Ctrl-C ends the tour, the engine first, with the exit code that a shell expects. */
function stopOnSignal(dynamo: OpenDynamo): void {
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
