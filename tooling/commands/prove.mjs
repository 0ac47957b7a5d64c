// The whole harness at a larger size: npm run prove, or npm run prove -- --scale 100 --minutes 60
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { install } from './lib/install.mjs';
import { requireNode } from './lib/node-version.mjs';
import { bin, run, seconds, wasInterrupted } from './lib/process.mjs';

requireNode();

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
  },
});
if (!(await install())) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-prove-'));
const figures = join(folder, 'figures');
/** @type {Record<string, string>} */
const scaled = { SIM_SCALE: values.scale, SIM_FIGURES: figures };
const vitest = ['run', '--testTimeout=3600000'];
const main = (path) => ['--conditions=@x/source', `tooling/${path}/main.ts`];
const step = (name, command, args, env = {}) => ({ name, command, args, env });
const searches = ['.faults.', '.property.', '.differential.'];
const steps = [
  step('schedules', 'vitest', [...vitest, '--project', 'schedules'], scaled),
  step('faults, properties', 'vitest', ['run', '--project', 'engines', ...searches]),
  step('mutants', 'tsx', main('simulation/src/mutants')),
  step('soak', 'tsx', [...main('soak/src'), '--minutes', values.minutes]),
];

const results = [];
for (const { name, command, args, env } of steps) {
  console.log(`\n── ${name} ${'─'.repeat(50)}\n`);
  const startedAt = performance.now();
  const code = await run(bin(command), args, { env });
  if (wasInterrupted(code)) {
    rmSync(folder, { recursive: true });
    process.exit(code);
  }
  results.push({ name, code, ms: performance.now() - startedAt });
}

console.log(`\n── summary ${'─'.repeat(50)}\n`);
for (const { name, code, ms } of results) {
  console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(20)} ${seconds(ms).padStart(9)}`);
}
console.log(`\n${searched()}`);
rmSync(folder, { recursive: true });
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

/** How much of what was searched held; breakages that are kept to be found are left out. */
function searched() {
  const held = readFileSync(figures, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ found }) => !found);
  const line = (kind) => {
    const those = held.filter((entry) => entry.kind === kind);
    const sum = those.reduce((total, { count }) => total + count, 0);
    const all = those.filter(({ exhausted }) => exhausted).length;
    const exhausted = kind === 'sample' ? '' : `, ${all} of them exhausted`;
    return `${kind.padEnd(8)} ${sum.toLocaleString('en-US').padStart(12)} schedules in ${those.length} searches${exhausted}`;
  };
  return ['explore', 'sample'].map(line).join('\n');
}
