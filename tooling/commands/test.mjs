// Everything that must hold before a change lands: npm test, or a part of it: npm test -- lint unit
import { installed } from './lib/install.mjs';
import { parts, select } from './lib/parts.mjs';
import { runParts } from './lib/run-parts.mjs';

const { selected, unknown } = select(process.argv.slice(2));
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.map((name) => `"${name}"`).join(', ')}: no such part.`);
  console.error(`The parts are: ${parts.map((part) => part.name).join(', ')}`);
  process.exit(1);
}
await installed();
await runParts(selected);
