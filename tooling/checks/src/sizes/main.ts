// What each primitive adds to a bundle: npm run sizes, and by file: npm run sizes -- KeyValueTable
import { finish } from '../report.js';
import { readWorkspace } from '../workspace.js';
import { checkSizes, withoutLimit, type SizeRow } from './check.js';
import { limits } from './limits.js';

const workspace = readWorkspace();
const rows = await checkSizes(workspace, limits);

console.log('What one import adds to a bundle, minified, without the AWS SDK.');
console.log('At first: what is loaded with it where Rollup splits. Whole: one file of esbuild.\n');
console.table(Object.fromEntries(rows.map(cellsOf)));

for (const { limit, size } of rows.filter((measured) => process.argv.includes(measured.limit[1]))) {
  console.log(`${limit[1]}, bytes that are loaded at first before they are minified, by file:`);
  console.table(Object.fromEntries((size?.files ?? []).map(([path, bytes]) => [path, { bytes }])));
}

finish([...rows.map(({ result }) => result), withoutLimit(workspace, limits)]);

function cellsOf({ limit: [from, name, initialMax, wholeMax], size, result }: SizeRow) {
  const mark = result.problems.length > 0 ? '✗' : '✓';
  const cells = {
    'at first': size?.initial.minified,
    gzipped: size?.initial.gzipped,
    limit: initialMax,
    whole: size?.whole.minified,
    'whole, gzipped': size?.whole.gzipped,
    'its limit': wholeMax,
  };
  return [`${mark} ${name} (${from})`, cells] as const;
}
