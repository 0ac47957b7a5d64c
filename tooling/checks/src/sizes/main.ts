// What each primitive adds to a bundle: npm run sizes, and by file: npm run sizes -- KeyValueTable
import { finish, printCheck } from '../report.js';
import { readWorkspace } from '../workspace.js';
import { checkSizes, withoutLimit, type SizeRow } from './check.js';
import { limits } from './limits.js';

const workspace = readWorkspace();
const rows = await checkSizes(workspace, limits);

console.log('What one import adds to a bundle, minified, without the AWS SDK.');
console.log('At first: what is loaded with it where Rollup splits. Whole: one file of esbuild.\n');
console.log(row('import', 'at first', 'gzipped', 'limit', 'whole', 'gzipped', 'limit'));
for (const measured of rows) console.log(rowOf(measured));
console.log();

for (const { limit, size } of rows.filter((measured) => process.argv.includes(measured.limit[1]))) {
  console.log(`${limit[1]}, bytes that are loaded at first before they are minified, by file:\n`);
  for (const [path, bytes] of size?.files ?? []) console.log(row(path, `${bytes} B`));
  console.log();
}

const results = [...rows.map(({ result }) => result), withoutLimit(workspace, limits)];
for (const result of results) if (result.problems.length > 0) printCheck(result);
finish(results);

function rowOf({ limit: [from, name, initialMax, wholeMax], size, result }: SizeRow): string {
  const cells = [
    size?.initial.minified,
    size?.initial.gzipped,
    initialMax,
    size?.whole.minified,
    size?.whole.gzipped,
    wholeMax,
  ].map((count) => (count === undefined ? '' : `${count} B`));
  return row(`${result.problems.length > 0 ? '✗' : '✓'} ${name} (${from})`, ...cells);
}

function row(name: string, ...cells: readonly string[]): string {
  return [name.padEnd(55), ...cells.map((cell) => cell.padStart(10))].join('').trimEnd();
}
