// Lines of code, without comments and blank lines: npm run lines
import { readWorkspace } from '../workspace.js';
import { linesOfPackages, linesOfTooling } from './count-lines.js';

const workspace = readWorkspace();
const rows = linesOfPackages(workspace);
const primitives = ['core', 'lock', 'kv', 'partitioned', 'counter', 'do-once', 'limited-attempt'];
const isPrimitive = new Set(primitives.map((name) => `@x/dynamo-${name}`));
const sum = rows
  .filter(({ name }) => isPrimitive.has(name))
  .reduce((total, { lines }) => total + lines, 0);

console.log('Lines of code, without comments, blank lines and tests.\n');
for (const { name, lines } of rows) print(name, lines);
print('core and the six primitives', sum);
print('tooling, with models, mutants and its tests', linesOfTooling(workspace));

function print(name: string, lines: number): void {
  console.log(`${name.padEnd(48)}${String(lines).padStart(7)}`);
}
