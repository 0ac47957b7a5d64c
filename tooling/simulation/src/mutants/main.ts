// Breaks the packages on purpose and fails when no test notices: npm run mutants, or a part of them:
// npm run mutants -- lock. With --tests-pass the tests are taken to pass without a mutant, which
// saves half of the time right after npm test; --in-turn takes those of files that changed and a sixth
// of the others, each day another.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startDynamo } from '@x/dynamo-testing';

import { changedFiles } from './changed-files.js';
import { readMutants } from './mutant.js';
import { runMutants } from './run-mutants.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'tests-pass': { type: 'boolean', default: false },
    'in-turn': { type: 'boolean', default: false },
  },
});
const [wanted = ''] = positionals;
const turns = 6;
const today = Math.floor(Date.now() / 86_400_000);
const inTurn = values['in-turn'];
const changed = inTurn ? changedFiles(root) : new Set<string>();
const selected = readMutants(root)
  .filter(({ name, file }) => `${file} ${name}`.includes(wanted))
  .filter(({ file }, index) => !inTurn || changed.has(file) || index % turns === today % turns);
if (selected.length === 0) {
  console.error(`Cannot run mutants: no name and no file contains "${wanted}"`);
  process.exit(1);
}

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`Interrupted by ${name}`)));
}

// One engine for all of them: a mutant that only one engine shows is not worth a second run.
await using dynamo = await startDynamo();
process.env['DYNAMODB_ENDPOINT'] = dynamo.endpoint;
let judged = 0;
const reports = await runMutants({
  root,
  mutants: selected,
  testsPass: values['tests-pass'],
  // One more than there are processors: some mutants are noticed by a test that waits for its bound.
  concurrency: Math.min(2, availableParallelism()) + 1,
  signal: interrupted.signal,
  onReport: ({ mutant, outcome, detail }) => {
    judged += 1;
    // Of all of them, those that are caught are too many to be read.
    if (outcome !== 'caught' || wanted !== '') {
      console.log(`${outcome === 'caught' ? 'caught  ' : outcome.toUpperCase()}  ${mutant.name}`);
      console.log(`          ${detail}`);
    } else if (judged % 25 === 0) console.log(`${judged} of ${selected.length} judged`);
  },
});
const failures = reports.filter(({ outcome }) => outcome !== 'caught');
console.log(`\n${reports.length - failures.length} of ${reports.length} mutants caught`);
for (const { mutant, detail } of failures) console.log(`not caught: ${mutant.name}\n  ${detail}`);
process.exitCode = failures.length === 0 ? 0 : 1;
