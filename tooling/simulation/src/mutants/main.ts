// Breaks the packages on purpose and fails when no test notices: npm run mutants, or a part of them:
// npm run mutants -- lock
import { fileURLToPath } from 'node:url';

import { mutants } from './mutants.js';
import { runMutants } from './run-mutants.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const [wanted = ''] = process.argv.slice(2);
const selected = mutants.filter(({ name, file }) => `${file} ${name}`.includes(wanted));
if (selected.length === 0) {
  console.error(`Cannot run mutants: no name and no file contains "${wanted}"`);
  process.exit(1);
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`Interrupted by ${name}`)));
}

const reports = await runMutants({
  root,
  mutants: selected,
  signal: interrupted.signal,
  onReport: ({ mutant, outcome, detail }) => {
    console.log(`${outcome === 'caught' ? 'caught  ' : outcome.toUpperCase()}  ${mutant.name}`);
    console.log(`          ${detail}`);
  },
});
const failures = reports.filter(({ outcome }) => outcome !== 'caught');
console.log(`\n${reports.length - failures.length} of ${reports.length} mutants caught`);
process.exitCode = failures.length === 0 ? 0 : 1;
