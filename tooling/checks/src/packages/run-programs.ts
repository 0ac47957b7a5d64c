import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { mapConcurrently } from '@x/dynamo-core/mechanism';

import type { CheckResult } from '../report.js';
import { bundlers, type Bundler } from './bundlers.js';
import { runCommand } from './command.js';
import { programs, writePrograms, writeTests, type Program } from './programs.js';
import { runtimes, type Runtime } from './runtimes.js';

const require = createRequire(import.meta.url);

/**
 * Runs a program per primitive as ESM and as CommonJS on every runtime, from the bundle of each
 * bundler, and as a test of each test runner. At a laptop (not `all`): one of each kind.
 */
export async function checkPrograms(
  project: string,
  all: boolean,
  onResult: (result: CheckResult) => void,
): Promise<void> {
  writePrograms(project);
  writeTests(project);
  const [node] = runtimes(false);
  const formats = ['mjs', 'cjs'];
  const each = (check: (program: Program, format: string) => Promise<CheckResult>): Check[] =>
    programs.flatMap((program) => formats.map((format) => () => check(program, format)));
  const runs = runtimes(all).flatMap((runtime) =>
    each((program, format) => checkProgram(project, program, `${program.name}.${format}`, runtime)),
  );
  const bundles = (all ? bundlers : bundlers.slice(0, 1)).flatMap((bundler) =>
    each((program, format) => checkBundle({ project, program, bundler, format, node })),
  );
  await mapConcurrently([...runs, ...bundles], 2, async (check) => onResult(await check()));
  onResult(await checkJest(project, 'jest-30'));
  onResult(await checkNodeTest(project));
  if (!all) return;
  onResult(await checkJest(project, 'jest-29'));
  onResult(await checkVitest(project));
}

type Check = () => Promise<CheckResult>;

async function checkProgram(
  project: string,
  program: Program,
  file: string,
  runtime: Runtime | undefined,
): Promise<CheckResult> {
  const { name: on = 'nothing', command = '', args = [] } = runtime ?? {};
  const { ok, output } = await runCommand(command, [...args, file], { cwd: project });
  const printed = output.split('\n').filter((line) => !isAdvice(line));
  const right = ok && printed.at(-1) === program.prints;
  return { name: `${file} runs on ${on}`, problems: right ? [] : [output] };
}

/** The SDK's word on old versions of Node.js is for applications. */
function isAdvice(line: string): boolean {
  return line.startsWith('(node:') || line.trim() === '';
}

async function checkBundle({
  project,
  program,
  bundler,
  format,
  node,
}: {
  readonly project: string;
  readonly program: Program;
  readonly bundler: Bundler;
  readonly format: string;
  readonly node: Runtime | undefined;
}): Promise<CheckResult> {
  const file = `${bundler.name}-${program.name}.${format}`;
  try {
    await bundler.bundle(project, `${program.name}.${format}`, file);
  } catch (error) {
    return { name: `${file} bundles`, problems: [String(error)] };
  }
  return checkProgram(project, program, file, node);
}

async function checkJest(project: string, version: 'jest-29' | 'jest-30'): Promise<CheckResult> {
  const config = { testMatch: ['**/*.jest.cjs'], testEnvironment: 'node', cacheDirectory: '.jest' };
  writeFileSync(join(project, 'jest.config.json'), JSON.stringify(config));
  const bin = require.resolve(`${version}/bin/jest`);
  // Open handles would keep Jest from ending by itself: it must end without being forced to.
  const args = [bin, '--rootDir', project, '--config', 'jest.config.json', '--ci', '--runInBand'];
  const { ok, output } = await runCommand(process.execPath, args, { cwd: project });
  return {
    name: `the programs and the page are tests of ${version}`,
    problems: ok ? [] : [output],
  };
}

async function checkNodeTest(project: string): Promise<CheckResult> {
  const files = readdirSync(project).filter((file) => file.endsWith('.node-test.mjs'));
  const args = ['--test', ...files];
  const { ok, output } = await runCommand(process.execPath, args, { cwd: project });
  return { name: 'the page of node:test runs', problems: ok ? [] : [output] };
}

async function checkVitest(project: string): Promise<CheckResult> {
  const bin = join(require.resolve('vitest/package.json'), '../vitest.mjs');
  const config =
    "export default { test: { include: ['*.vitest.mjs'], server: { deps: { inline: [/@x/] } } } };";
  writeFileSync(join(project, 'vitest.config.mjs'), config);
  const args = [bin, 'run', '--root', project, '--config', 'vitest.config.mjs'];
  const { ok, output } = await runCommand(process.execPath, args, { cwd: project });
  return { name: 'the programs and the page are tests of vitest', problems: ok ? [] : [output] };
}
