import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a run of some tests came to. */
export interface TestsRun {
  readonly passed: number;
  /** The full names of those that failed. */
  readonly failed: readonly string[];
  /** Whether the runner itself was content: it is not with an unhandled rejection, for example. */
  readonly succeeded: boolean;
}

/** Which tests to run. */
export interface TestSelection {
  readonly root: string;
  readonly file: string;
  readonly test: string | undefined;
  /** Where an engine is running already, which saves starting some for each run. */
  readonly endpoint: string | undefined;
  readonly signal: AbortSignal;
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** How long the tests of one file may take: a mutant may well make a loop endless. */
const runMsMax = 180_000;

/** Runs the tests of one file with vitest, in a process of their own. */
export async function runTests(selection: TestSelection): Promise<TestsRun> {
  const { root, file, test, endpoint, signal } = selection;
  const output = join(root, '.mutant-report.json');
  await rm(output, { force: true });
  const project = file.includes('/src/') ? 'unit' : 'engines';
  const args = ['run', file, '--project', project, '--reporter=json', `--outputFile=${output}`];
  // The first failure says all.
  args.push('--bail=1');
  if (test !== undefined) args.push('-t', test);
  const env = endpoint === undefined ? {} : { DYNAMODB_ENDPOINT: endpoint };
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const code = await run([vitest, ...args], { cwd: root, env, signal });
  signal.throwIfAborted();
  const report = await readReport(output);
  if (report === undefined) return { passed: 0, failed: [], succeeded: false };
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: report.numPassedTests,
    failed: results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    succeeded: code === 0,
  };
}

interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function run(args: readonly string[], { cwd, env, signal }: RunOptions): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: 'ignore',
      timeout: runMsMax,
    });
    const stop = (): boolean => child.kill();
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code);
    });
  });
}

/** Without a report, vitest did not come as far as running anything. */
async function readReport(path: string): Promise<JsonReport | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JsonReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
