import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bin, follow, run, seconds, wasInterrupted } from './process.mjs';
import { countOf, failuresOf } from './report.mjs';

/** Runs parts one after the other; one that fails does not stop the others. Sums them up at the end. */
export async function runParts(parts) {
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-test-'));
  const results = [];
  const ran = new Set();
  for (const part of parts) {
    console.log(`\n── ${part.name}: ${part.about} ${'─'.repeat(40)}\n`);
    const startedAt = performance.now();
    const report = join(folder, `${part.name}.json`);
    const { code, lastLines } = await (part.tests ? vitest(part, report) : part.run(ran));
    if (wasInterrupted(code)) process.exit(code);
    const counts = countOf(part, report, code);
    const failures = failuresOf(report);
    if (counts.failed > 0 && failures.length === 0 && lastLines.length > 0) {
      failures.push({ name: 'ended with', text: lastLines.join('\n') });
    }
    results.push({ name: part.name, ...counts, failures, ms: performance.now() - startedAt });
    if (counts.failed === 0) ran.add(part.name);
    console.log(`\n${lineOf(results.at(-1))}`);
  }
  rmSync(folder, { recursive: true });

  console.log(`\n── summary ${'─'.repeat(50)}\n`);
  for (const result of results) console.log(lineOf(result));
  for (const { name: part, failures } of results) {
    for (const { name, text } of failures) {
      console.log(`\n✗ ${part}: ${name}\n    ${text.replaceAll('\n', '\n    ')}`);
    }
  }
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
}

async function vitest({ name, project = name, tests, env }, report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = ['run', '--project', project, ...tests, ...reporters];
  if (!process.stdout.isTTY) return follow(bin('vitest'), args, { env });
  // At a terminal it draws over what it printed before.
  return { code: await run(bin('vitest'), args, { env }), lastLines: [] };
}

function lineOf({ name, passed, failed, ms }) {
  const mark = failed > 0 ? '✗' : '✓';
  const counts = `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ''}`;
  return `${mark} ${name.padEnd(10)} ${seconds(ms).padStart(8)}   ${counts}`;
}
