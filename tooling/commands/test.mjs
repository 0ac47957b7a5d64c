// Everything that must hold before a change lands: npm test, or a part of it: npm test -- lint unit
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { install } from './lib/install.mjs';
import { requireNode } from './lib/node-version.mjs';
import { seconds, wasInterrupted } from './lib/process.mjs';
import { countOf, failuresOf } from './lib/report.mjs';
import { parts, select } from './lib/parts.mjs';

requireNode();

const { selected, unknown } = select(process.argv.slice(2));
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.map((name) => `"${name}"`).join(', ')}: no such part.`);
  console.error(`The parts are: ${parts.map((part) => part.name).join(', ')}`);
  process.exit(1);
}
if (!(await install())) {
  console.error('\nCannot test: the install above failed');
  process.exit(1);
}

const reports = mkdtempSync(join(tmpdir(), 'dynamo-primitives-test-'));
const results = [];
const passedParts = new Set();
for (const part of selected) {
  console.log(`\n── ${part.name}: ${part.about} ${'─'.repeat(40)}\n`);
  const startedAt = performance.now();
  const report = join(reports, `${part.name}.json`);
  const code = await part.run(report, passedParts);
  if (wasInterrupted(code)) process.exit(code);
  const { passed, failed } = countOf(part, report, code);
  const failures = failuresOf(part, report);
  results.push({ name: part.name, passed, failed, failures, ms: performance.now() - startedAt });
  if (failed === 0) passedParts.add(part.name);
  console.log(`\n${lineOf(results.at(-1))}`);
  if (failed > 0) console.log(`Repeat it alone with: npm test -- ${part.name}`);
}
rmSync(reports, { recursive: true });

console.log(`\n── summary ${'─'.repeat(50)}\n`);
for (const result of results) console.log(lineOf(result));
for (const { name: part, failures } of results) {
  for (const { name, text } of failures) {
    console.log(`\n✗ ${part}: ${name}\n    ${text.replaceAll('\n', '\n    ')}`);
  }
}
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function lineOf({ name, passed, failed, ms }) {
  const mark = failed > 0 ? '✗' : '✓';
  const counts = `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ''}`;
  return `${mark} ${name.padEnd(10)} ${seconds(ms).padStart(8)}   ${counts}`;
}
