import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  /** The workspace. It is only read: nothing but the tests that judge a mutant sees it. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  /**
   * Whether the tests are known to pass without a mutant, because all of them just ran. Otherwise
   * they are run without it first: if they fail then, too, their failure shows nothing.
   *
   * @default false
   */
  readonly testsPass?: boolean;
  /** How many mutants are judged at a time, each in a process of its own. @default 1 */
  readonly concurrency?: number;
  /** Called with each result as soon as it is there. */
  readonly onReport: (report: MutantReport) => void;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

/** Runs for each mutant in turn the test that must notice it. */
export async function runMutants(options: RunMutantsOptions): Promise<MutantReport[]> {
  const { mutants, concurrency = 1 } = options;
  const left = [...mutants];
  const reports: MutantReport[] = [];
  const runs = Array.from({ length: Math.min(concurrency, mutants.length) }, () =>
    judgeAll(options, left, reports),
  );
  // All of them end what they started before the first failure is thrown.
  const ended = await Promise.allSettled(runs);
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return reports;
}

/** Judges the mutants that are left, one after the other. */
async function judgeAll(
  { root, testsPass = false, onReport, signal = never }: RunMutantsOptions,
  left: Mutant[],
  reports: MutantReport[],
): Promise<void> {
  const tests = new TestRunner(root, signal);
  const baselines = testsPass ? undefined : new Map<string, TestsRun>();
  try {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const report = await judge(root, tests, next, baselines);
      reports.push(report);
      onReport(report);
    }
  } finally {
    await tests.close();
  }
}

const never = new AbortController().signal;

async function judge(
  root: string,
  tests: TestRunner,
  mutant: Mutant,
  baselines: Map<string, TestsRun> | undefined,
): Promise<MutantReport> {
  let text: string;
  try {
    text = applyMutant(await readFile(join(root, mutant.file), 'utf8'), mutant);
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
  return reportOf(mutant, await tests.run(mutant, { file: mutant.file, text }));
}

function reportOf(mutant: Mutant, { passed, failed, succeeded }: TestsRun): MutantReport {
  const [first] = failed;
  if (first !== undefined) return { mutant, outcome: 'caught', detail: first };
  if (succeeded) return { mutant, outcome: 'survived', detail: `${passed} tests passed` };
  if (passed > 0) return { mutant, outcome: 'caught', detail: 'an error outside of the tests' };
  const detail = 'No test ran: the changed code does not load, or does not end';
  return { mutant, outcome: 'invalid', detail };
}
