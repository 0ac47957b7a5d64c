import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { mapConcurrently } from '@x/dynamo-core/mechanism';

import type { CheckResult } from '../report.js';
import { bundlers, type Bundler } from './bundlers.js';
import { checkRun, runCommand } from './command.js';
import { checkFreeze, checkSubscriber } from './processes.js';
import { printed, programs } from './programs.js';
import { runtimes, type Runtime } from './runtimes.js';
import { writeMemoryTests, writePrograms, writeTests, writeTogether } from './write-programs.js';

const require = createRequire(import.meta.url);

/**
 * Runs a program per primitive as ESM and as CommonJS on every runtime, from the bundle of each
 * bundler, and as a test of each test runner. At a laptop (not `all`): one of each kind.
 */
export async function checkPrograms(
  project: string,
  all: boolean,
  onResults: (kind: string, results: readonly CheckResult[]) => void,
): Promise<void> {
  writePrograms(project);
  writeTests(project);
  writeMemoryTests(project, require.resolve('jest-environment-jsdom'));
  const [node] = runtimes(false);
  const runs = runtimes(all).map((runtime) => (format: Format) => together('', format, runtime));
  const bundles = (all ? bundlers : bundlers.slice(0, 1)).map(
    (bundler) => (format: Format) => bundled(bundler, format),
  );
  const checks = [...runs, ...bundles].flatMap((run) => formats.map((format) => () => run(format)));
  const others = [
    () => checkJest(project, 'jest-30'),
    () => checkNodeTest(project),
    ...runtimes(all).flatMap((runtime) => [
      () => checkSubscriber(project, runtime),
      () => checkFreeze(project, runtime),
    ]),
    ...(all ? [() => checkJest(project, 'jest-29'), () => checkVitest(project)] : []),
  ].map((check) => async () => {
    const result = await check();
    onResults(result.name, [result]);
  });
  await mapConcurrently([...checks, ...others], 2, (check) => check());

  /** All programs in one process: each prints a line. */
  async function together(
    prefix: string,
    format: Format,
    { name: on, command, args }: Runtime,
  ): Promise<void> {
    const file = `${prefix}all.${format}`;
    const result = await runCommand(command, [...args, file], { cwd: project });
    const titleOf = (name: string): string => `${prefix}${name}.${format} runs on ${on}`;
    onResults(`${file} runs on ${on}`, printed(result, titleOf));
  }

  async function bundled(bundler: Bundler, format: Format): Promise<void> {
    const prefix = `${bundler.name}-`;
    writeTogether(project, prefix);
    const entries = programs.map(({ name }) => ({
      entry: `${name}.${format}`,
      name: `${prefix}${name}`,
    }));
    try {
      await bundler.bundle(project, entries, format);
    } catch (error) {
      const name = `${prefix}*.${format} bundle`;
      return onResults(name, [{ name, problems: [String(error)] }]);
    }
    return together(prefix, format, node);
  }
}

const formats = ['mjs', 'cjs'] as const;
type Format = (typeof formats)[number];

function checkJest(project: string, version: 'jest-29' | 'jest-30'): Promise<CheckResult> {
  const config = {
    testMatch: ['**/*.jest.cjs'],
    // The one of jsdom is of Jest 30.
    testPathIgnorePatterns: version === 'jest-29' ? ['/jsdom\\.jest'] : [],
    testEnvironment: 'node',
    cacheDirectory: '.jest',
  };
  writeFileSync(join(project, 'jest.config.json'), JSON.stringify(config));
  const bin = require.resolve(`${version}/bin/jest`);
  // Open handles would keep Jest from ending by itself: it must end without being forced to.
  const args = [bin, '--rootDir', project, '--config', 'jest.config.json', '--ci', '--runInBand'];
  return checkRun(`the programs and the page are tests of ${version}`, project, ...args);
}

function checkNodeTest(project: string): Promise<CheckResult> {
  const files = readdirSync(project).filter((file) => file.endsWith('.node-test.mjs'));
  return checkRun('the page of node:test runs', project, '--test', ...files);
}

function checkVitest(project: string): Promise<CheckResult> {
  const bin = join(require.resolve('vitest/package.json'), '../vitest.mjs');
  const config =
    "export default { test: { include: ['*.vitest.mjs'], isolate: false, maxWorkers: 1, server: { deps: { inline: [/@x/] } } } };";
  writeFileSync(join(project, 'vitest.config.mjs'), config);
  const args = [bin, 'run', '--root', project, '--config', 'vitest.config.mjs'];
  return checkRun('the programs and the page are tests of vitest', project, ...args);
}
