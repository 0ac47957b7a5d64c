// One scene per package, on an engine of its own: npm run demo
import { parseArgs } from 'node:util';

import { openDynamo, type OpenDynamo } from './open-dynamo.js';
import { Printer } from './printer.js';
import { allScenes, chosenScenes } from './scene.js';
import { goOnTour } from './tour.js';

const printer = new Printer();
const startedAt = performance.now();
// The reader has seen enough (`npm run demo | head`); an engine ends with its process.
process.stdout.once('error', () => process.exit(1));

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { verbose: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const all = await allScenes();
  if (values.help) printer.line(help(all.map(({ name }) => name)));
  else await showScenes(chosenScenes(all, positionals), values.verbose ?? false);
} catch (error) {
  printer.bad(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function help(names: readonly string[]): string {
  return [
    'npm run demo                     a scene for each primitive, the lost response first',
    'npm run demo -- lock kv          these scenes',
    'npm run demo -- --verbose lock   with every expression and whole rows',
    '',
    `Scenes: ${names.join(', ')}`,
  ].join('\n');
}

async function showScenes(
  scenes: ReturnType<typeof chosenScenes>,
  isVerbose: boolean,
): Promise<void> {
  await using dynamo = await openDynamo();
  stopOnSignal(dynamo);
  printer.line(dynamo.description);
  const failed = await goOnTour(scenes, dynamo, new Printer(console.log, { isVerbose }));
  const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const more = 'Others, and more of each: npm run demo -- --help';
  if (failed.length === 0) printer.good(`\n✓ ${scenes.length} shown in ${took}. ${more}`);
  else printer.bad(`\n✗ ${failed.length} of ${scenes.length} failed: ${failed.join(', ')}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** Ctrl-C ends the demo, the engine first, with the exit code that a shell expects. */
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
