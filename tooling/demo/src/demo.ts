import { parseArgs } from 'node:util';

import { openDynamo, type OpenDynamo } from './open-dynamo.js';
import { Printer, type PrinterOptions } from './printer.js';
import { allScenes, chosenScenes, type NamedScene } from './scene.js';
import { goOnTour } from './tour.js';

/** Where the demo prints, and on which engine it runs: by default an engine of its own. */
export interface DemoOptions extends PrinterOptions {
  readonly print?: (text: string) => void;
  readonly open?: typeof openDynamo;
}

/** Runs the demo with the arguments of its command. Resolves to the exit code. */
export async function demo(
  args: readonly string[],
  { print = console.log, open = openDynamo, ...options }: DemoOptions = {},
): Promise<number> {
  const printer = new Printer(print, options);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { verbose: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const all = await allScenes();
    if (values.help === true) {
      printer.line(help(all));
      return 0;
    }
    const scenes = chosenScenes(all, positionals);
    await using dynamo = await open();
    stopOnSignal(dynamo);
    const startedAt = performance.now();
    printer.line(dynamo.description);
    const { verbose: isVerbose = false } = values;
    const failed = await goOnTour(scenes, dynamo, new Printer(print, { ...options, isVerbose }));
    const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    const more = 'Others, and more of each: npm run demo -- --help';
    if (failed.length === 0) printer.good(`\n✓ ${scenes.length} shown in ${took}. ${more}`);
    else printer.bad(`\n✗ ${failed.length} of ${scenes.length} failed: ${failed.join(', ')}`);
    return failed.length > 0 ? 1 : 0;
  } catch (error) {
    printer.bad(`✗ ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

function help(all: readonly NamedScene[]): string {
  return [
    'npm run demo                     a scene for each primitive, the lost response first',
    'npm run demo -- lock kv          these scenes',
    'npm run demo -- --verbose lock   with every expression and whole rows',
    '',
    `Scenes: ${all.map(({ name }) => name).join(', ')}`,
  ].join('\n');
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
