// The whole harness at a larger size: npm run prove, or npm run prove -- --scale 100 --minutes 60
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { installed } from './lib/install.mjs';
import { fromSource } from './lib/parts.mjs';
import { runParts } from './lib/run-parts.mjs';

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
  },
});
await installed();

const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-prove-'));
const figures = join(folder, 'figures');
await runParts([
  {
    name: 'schedules',
    about: `${values.scale} times as many`,
    tests: ['--testTimeout=3600000'],
    env: { SIM_SCALE: values.scale, SIM_FIGURES: figures },
  },
  {
    name: 'searches',
    about: 'faults, properties and differences on the engines',
    project: 'engines',
    tests: ['.faults.', '.property.', '.differential.'],
  },
  { name: 'mutants', about: 'all of them', run: () => fromSource('simulation/src/mutants') },
  {
    name: 'soak',
    about: `${values.minutes} minutes of it`,
    run: () => fromSource('soak/src', '--minutes', values.minutes),
  },
]);

/** How much of what was searched held; breakages that are kept to be found are left out. */
const held = readFileSync(figures, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ found }) => !found);
for (const kind of ['explore', 'sample']) {
  const those = held.filter((entry) => entry.kind === kind);
  const sum = those.reduce((total, { count }) => total + count, 0);
  const all = those.filter(({ exhausted }) => exhausted).length;
  const exhausted = kind === 'sample' ? '' : `, ${all} of them exhausted`;
  console.log(
    `${kind}: ${sum.toLocaleString('en-US')} schedules in ${those.length} searches${exhausted}`,
  );
}
rmSync(folder, { recursive: true });
