import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { applyMutant } from './apply-mutant.js';
import { copyWorkspace } from './copy-workspace.js';
import type { Mutant, MutantReport } from './mutant.js';
import { runTests, type TestsRun } from './run-tests.js';

/** What to run, and where. */
export interface RunMutantsOptions {
  /** The workspace. It is only read: everything happens in a copy. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  /** Called with each result as soon as it is there. */
  readonly onReport: (report: MutantReport) => void;
  /** Ends the run early; the copy is removed all the same. */
  readonly signal?: AbortSignal;
}

/** Applies each mutant in turn to a copy of the workspace, and runs the test that must notice it. */
export async function runMutants({
  root,
  mutants,
  onReport,
  signal = new AbortController().signal,
}: RunMutantsOptions): Promise<MutantReport[]> {
  const copy = await copyWorkspace(root);
  const baselines = new Map<string, TestsRun>();
  const testsOf = ({ caughtBy, test }: Mutant): Promise<TestsRun> =>
    runTests({ root: copy, file: caughtBy, test, signal });
  // The same tests must pass without the mutant, or their failure shows nothing.
  const baselineOf = async (mutant: Mutant): Promise<TestsRun> => {
    const key = `${mutant.caughtBy} ${mutant.test ?? ''}`;
    const baseline = baselines.get(key) ?? (await testsOf(mutant));
    baselines.set(key, baseline);
    return baseline;
  };

  const reports: MutantReport[] = [];
  try {
    for (const mutant of mutants) {
      const report = await judge(copy, mutant, baselineOf, testsOf);
      reports.push(report);
      onReport(report);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  return reports;
}

type Tests = (mutant: Mutant) => Promise<TestsRun>;

async function judge(
  copy: string,
  mutant: Mutant,
  baselineOf: Tests,
  testsOf: Tests,
): Promise<MutantReport> {
  const path = join(copy, mutant.file);
  let source: string;
  let broken: string;
  try {
    source = await readFile(path, 'utf8');
    broken = applyMutant(source, mutant);
  } catch (error) {
    return { mutant, outcome: 'invalid', detail: (error as Error).message };
  }
  const baseline = await baselineOf(mutant);
  if (!baseline.succeeded || baseline.passed === 0) {
    const [first = `${baseline.passed} tests passed`] = baseline.failed;
    const detail = `Cannot judge by ${mutant.caughtBy}: without the mutant, ${first}`;
    return { mutant, outcome: 'invalid', detail };
  }
  await writeFile(path, broken);
  try {
    return verdict(mutant, await testsOf(mutant));
  } finally {
    await writeFile(path, source);
  }
}

function verdict(mutant: Mutant, { passed, failed, succeeded }: TestsRun): MutantReport {
  const [first] = failed;
  if (first !== undefined) return { mutant, outcome: 'caught', detail: first };
  if (succeeded) return { mutant, outcome: 'survived', detail: `${passed} tests passed` };
  if (passed > 0) return { mutant, outcome: 'caught', detail: 'an error outside of the tests' };
  const detail = 'No test ran: the changed code does not load, or does not end';
  return { mutant, outcome: 'invalid', detail };
}
