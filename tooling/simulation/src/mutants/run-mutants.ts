import { cpSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { applyMutant, type Mutant } from './mutant.js';
import { TestRunner, type TestsRun } from './run-tests.js';

/** What became of one mutant. */
export interface MutantReport {
  readonly mutant: Mutant;
  /**
   * - `caught`: a test failed, as it should;
   * - `survived`: every test passed, so that this breakage would go unnoticed;
   * - `invalid`: nothing was shown: `find` does not stand there once, the tests fail without the
   *   mutant as well, or the changed code does not load.
   */
  readonly outcome: 'caught' | 'survived' | 'invalid';
  /** Which test failed, or why nothing was shown. */
  readonly detail: string;
}

/** What to run, and where. */
export interface RunMutantsOptions {
  /** The workspace. It is only read: everything happens in a copy. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  /**
   * Whether the tests are known to pass without a mutant, because all of them just ran. Otherwise
   * they are run without it first: if they fail then, too, their failure shows nothing.
   *
   * @default false
   */
  readonly testsPass?: boolean;
  /** How many mutants are judged at a time, each in a copy of its own. @default 1 */
  readonly concurrency?: number;
  /** Called with each result as soon as it is there. */
  readonly onReport: (report: MutantReport) => void;
  /** Ends the run early; the copies are removed all the same. */
  readonly signal?: AbortSignal;
}

/** Applies each mutant in turn to a copy of the workspace, and runs the test that must notice it. */
export async function runMutants(options: RunMutantsOptions): Promise<MutantReport[]> {
  const { mutants, concurrency = 1 } = options;
  const left = [...mutants];
  const reports: MutantReport[] = [];
  // From both ends: two copies seldom run the same tests, and each transforms what it runs.
  const copies = Array.from({ length: Math.min(concurrency, mutants.length) }, (_, copy) =>
    runInCopy(options, () => (copy % 2 === 0 ? left.shift() : left.pop()), reports),
  );
  // All of them end, and remove what they made, before the first failure is thrown.
  const ended = await Promise.allSettled(copies);
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return reports;
}

/** Judges the mutants that are left, one after the other, in one copy of the workspace. */
async function runInCopy(
  { root, testsPass = false, onReport, signal = never }: RunMutantsOptions,
  take: () => Mutant | undefined,
  reports: MutantReport[],
): Promise<void> {
  const copy = await copyWorkspace(root);
  const tests = new TestRunner(copy, signal);
  const baselines = testsPass ? undefined : new Map<string, TestsRun>();
  try {
    for (let next = take(); next !== undefined; next = take()) {
      const report = await judge(tests, next, baselines);
      reports.push(report);
      onReport(report);
    }
  } finally {
    await tests.close();
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Copies a workspace into a new temporary folder and returns its path. Its links are relative: those
 * between packages lead to the copies, those to installed ones through a link to the store of pnpm.
 */
async function copyWorkspace(from: string): Promise<string> {
  const to = await mkdtemp(join(await realpath(tmpdir()), 'mutants-'));
  const isCopied = (path: string): boolean => !/^(\..*|dist)$/.test(basename(path));
  const filter = (path: string): boolean => path === from || isCopied(path);
  // It takes a third of the processor time of the asynchronous one.
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter });
  await symlink(join(from, 'node_modules/.pnpm'), join(to, 'node_modules/.pnpm'));
  return to;
}

const never = new AbortController().signal;

async function judge(
  tests: TestRunner,
  mutant: Mutant,
  baselines: Map<string, TestsRun> | undefined,
): Promise<MutantReport> {
  let source: string;
  let broken: string;
  try {
    source = await tests.read(mutant.file);
    broken = applyMutant(source, mutant);
  } catch (error) {
    return { mutant, outcome: 'invalid', detail: (error as Error).message };
  }
  if (baselines !== undefined) {
    const key = `${mutant.caughtBy} ${mutant.test ?? ''}`;
    const baseline = baselines.get(key) ?? (await tests.run(mutant));
    baselines.set(key, baseline);
    if (!baseline.succeeded || baseline.passed === 0) {
      const [first = `${baseline.passed} tests passed`] = baseline.failed;
      const detail = `Cannot judge by ${mutant.caughtBy}: without the mutant, ${first}`;
      return { mutant, outcome: 'invalid', detail };
    }
  }
  await tests.write(mutant.file, broken);
  try {
    return reportOf(mutant, await tests.run(mutant));
  } finally {
    await tests.write(mutant.file, source);
  }
}

function reportOf(mutant: Mutant, { passed, failed, succeeded }: TestsRun): MutantReport {
  const [first] = failed;
  if (first !== undefined) return { mutant, outcome: 'caught', detail: first };
  if (succeeded) return { mutant, outcome: 'survived', detail: `${passed} tests passed` };
  if (passed > 0) return { mutant, outcome: 'caught', detail: 'an error outside of the tests' };
  const detail = 'No test ran: the changed code does not load, or does not end';
  return { mutant, outcome: 'invalid', detail };
}
