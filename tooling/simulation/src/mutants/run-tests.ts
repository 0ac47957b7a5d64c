import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createVitest, type TestModule, type Vitest } from 'vitest/node';

import type { Mutant } from './mutant.js';

/** What a run of some tests came to. */
export interface TestsRun {
  readonly passed: number;
  /** The full names of those that failed. */
  readonly failed: readonly string[];
  /** Whether the runner itself was content: it is not with an unhandled rejection, for example. */
  readonly succeeded: boolean;
}

/** Which tests to run: those of one file, or of them those whose name matches a pattern. */
export type TestSelection = Pick<Mutant, 'caughtBy' | 'test'>;

/** How long the tests of one file may take: a mutant may well make a loop endless. */
const runMsMax = 180_000;

/**
 * Runs tests of one workspace with one vitest that stays: what did not change is transformed once,
 * and the global set-up runs once. Each file has a process of its own, as always.
 */
export class TestRunner {
  readonly #root: string;
  readonly #signal: AbortSignal;
  #vitest: Promise<Vitest> | undefined;

  constructor(root: string, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** Reads a file of the workspace, from its root. */
  read(file: string): Promise<string> {
    return readFile(join(this.#root, file), 'utf8');
  }

  /** Writes a file of the workspace, from its root: what runs from now on sees it. */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.#root, file);
    await writeFile(path, text);
    (await this.#vitest)?.invalidateFile(path);
  }

  async run({ caughtBy, test }: TestSelection): Promise<TestsRun> {
    this.#signal.throwIfAborted();
    this.#vitest ??= createVitest('test', {
      root: this.#root,
      watch: false,
      // The first failure says all.
      bail: 1,
      maxWorkers: 1,
      // Where a mutant makes a call endless, its test does not wait as long as it may elsewhere.
      testTimeout: 10_000,
      // No module of the run before stays loaded.
      isolate: true,
      reporters: [{}],
    });
    const vitest = await this.#vitest;
    const path = join(this.#root, caughtBy);
    const selected = (await vitest.globTestSpecifications([path]))
      .filter(({ moduleId }) => moduleId === path)
      .map(({ project }) =>
        project.createSpecification(
          path,
          test === undefined ? {} : { testNamePattern: new RegExp(test) },
        ),
      );
    if (selected.length === 0) return nothing;
    const result = await this.#bounded(vitest.runTestSpecifications(selected));
    if (result === undefined) return nothing;
    const modules = result.testModules.filter(({ moduleId }) => moduleId === path);
    const errors = [...result.unhandledErrors, ...modules.flatMap((module) => module.errors())];
    return runOf(modules, errors);
  }

  /** Ends the processes of a run that does not end by itself, and answers `undefined` for it. */
  async #bounded<T>(run: Promise<T>): Promise<T | undefined> {
    const ended = new AbortController();
    const bound = AbortSignal.any([this.#signal, AbortSignal.timeout(runMsMax)]);
    const late = new Promise<undefined>((resolve) => {
      bound.addEventListener('abort', () => resolve(undefined), { signal: ended.signal });
    });
    run.catch(() => undefined);
    const result = await Promise.race([run, late]);
    ended.abort();
    if (result === undefined) await this.close();
    this.#signal.throwIfAborted();
    return result;
  }

  async close(): Promise<void> {
    const vitest = await this.#vitest;
    this.#vitest = undefined;
    await vitest?.close();
  }
}

const nothing: TestsRun = { passed: 0, failed: [], succeeded: false };

function runOf(modules: readonly TestModule[], errors: readonly unknown[]): TestsRun {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const named = (state: string): string[] =>
    tests
      .filter((test) => test.result().state === state)
      .map(({ fullName }) => fullName.replaceAll(' > ', ' '));
  const failed = named('failed');
  const passed = named('passed').length;
  return { passed, failed, succeeded: failed.length === 0 && errors.length === 0 };
}
