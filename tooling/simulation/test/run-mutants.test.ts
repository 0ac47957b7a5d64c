import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Mutant } from '../src/mutants/mutant.js';
import { runMutants, type MutantReport } from '../src/mutants/run-mutants.js';

const simulation = fileURLToPath(new URL('..', import.meta.url));
const file = 'packages/shop/src/price.ts';
const caughtBy = 'packages/shop/src/price.test.ts';
const half: Mutant = { name: 'Take off half', file, find: '0.9', replace: '0.5', caughtBy };

let scratch: string;
let root: string;

/** The fixture as a workspace of its own, whose package `shop` is linked as in a real one. */
beforeEach(async () => {
  scratch = await mkdtemp(join(await realpath(tmpdir()), 'mutants-test-'));
  root = join(scratch, 'workspace');
  await cp(join(simulation, 'fixtures', 'mutants'), root, { recursive: true });
  const modules = join(root, 'node_modules');
  await mkdir(modules);
  await symlink('../packages/shop', join(modules, 'shop'));
  await symlink(
    await realpath(join(simulation, 'node_modules', 'vitest')),
    join(modules, 'vitest'),
  );
});

afterEach(() => rm(scratch, { recursive: true }));

async function judge(...mutants: Mutant[]): Promise<string[]> {
  const seen: MutantReport[] = [];
  const reports = await runMutants({ root, mutants, onReport: (report) => seen.push(report) });
  expect(seen).toEqual(reports);
  return reports.map(({ outcome, detail }) => `${outcome}: ${detail}`);
}

test('runMutants() tells a mutant that is caught from one that survives', async () => {
  const results = await judge(
    half,
    { ...half, name: 'Begin at eleven', find: '>= 10', replace: '> 10' },
    { ...half, name: 'Other tests', test: 'multiplies' },
  );
  expect(results).toEqual([
    'caught: price() takes off a tenth for many',
    'survived: 2 tests passed',
    'survived: 1 tests passed',
  ]);
}, 120_000);

test('runMutants() refuses to count what shows nothing', async () => {
  const results = await judge(
    { ...half, find: 'pieces * each' },
    { ...half, find: '0.8' },
    { ...half, file: 'packages/shop/src/none.ts' },
    { ...half, caughtBy: 'packages/shop/src/broken.test.ts' },
    { ...half, caughtBy: 'packages/shop/src/none.test.ts' },
    { ...half, test: 'no such test' },
    { ...half, replace: '0.9 +* 1' },
  );
  const cannotBreak = `invalid: Cannot break ${file}: it has the text`;
  expect(results).toEqual([
    `${cannotBreak} 2 times instead of once: pieces * each`,
    `${cannotBreak} 0 times instead of once: 0.8`,
    expect.stringContaining('invalid: ENOENT'),
    'invalid: Cannot judge by packages/shop/src/broken.test.ts: without the mutant, this one always fails',
    'invalid: Cannot judge by packages/shop/src/none.test.ts: without the mutant, 0 tests passed',
    `invalid: Cannot judge by ${caughtBy}: without the mutant, 0 tests passed`,
    'invalid: No test ran: the changed code does not load, or does not end',
  ]);
}, 120_000);

test('runMutants() ends the process of a mutant that is in an endless loop', async () => {
  const begun = join(scratch, 'begun');
  const write = `process.getBuiltinModule('node:fs').writeFileSync('${begun}', '')`;
  const interrupted = new AbortController();
  const run = runMutants({
    root,
    mutants: [{ ...half, replace: `(() => { ${write}; for (;;); })()` }],
    testsPass: true,
    onReport: () => undefined,
    signal: interrupted.signal,
  });
  const ended = expect(run).rejects.toThrow('enough');
  await vi.waitUntil(() => existsSync(begun), { timeout: 60_000 });
  interrupted.abort(new Error('enough'));
  await ended;
}, 120_000);
