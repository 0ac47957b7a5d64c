import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Plugin, ViteUserConfig } from 'vitest/config';
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

/** What is read of the workspace's configuration. */
interface Workspace {
  readonly test: Omit<NonNullable<ViteUserConfig['test']>, 'projects'> & {
    readonly projects: readonly ViteUserConfig[];
  };
}

/** The text that a file of the workspace has for a run, in place of its own. */
export interface ChangedFile {
  /** The path from the root of the workspace. */
  readonly file: string;
  readonly text: string;
}

/**
 * Runs tests of one workspace with one vitest that stays: what did not change is transformed once,
 * by whoever ran it first, and the global set-up runs once. Each file has a process of its own, so
 * that nothing of one run reaches the next.
 */
export class TestRunner {
  readonly #root: string;
  readonly #signal: AbortSignal;
  #vitest: Promise<Vitest> | undefined;
  #changed: ChangedFile | undefined;

  constructor(root: string, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** Runs tests, with one file of the workspace changed for them alone. */
  async run({ caughtBy, test }: TestSelection, changed?: ChangedFile): Promise<TestsRun> {
    this.#signal.throwIfAborted();
    this.#vitest ??= this.#start();
    const vitest = await this.#vitest;
    // What this file was before, and what the one of the run before was, is not remembered.
    for (const known of [this.#changed, changed]) {
      if (known !== undefined) vitest.invalidateFile(join(this.#root, known.file));
    }
    this.#changed = changed;
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

  async #start(): Promise<Vitest> {
    const path = join(this.#root, 'vitest.config.ts');
    const { default: own } = (await import(pathToFileURL(path).href)) as {
      default: Workspace;
    };
    const projects = own.test.projects.map((project) => ({
      ...project,
      plugins: [...(project.plugins ?? []), this.#changes()],
    }));
    return createVitest(
      'test',
      {
        root: this.#root,
        config: false,
        watch: false,
        cache: false,
        // The first failure says all.
        bail: 1,
        maxWorkers: 1,
        // Where a mutant makes a call endless, its test does not wait as long as it may elsewhere.
        testTimeout: 10_000,
        // No module of the run before stays loaded.
        isolate: true,
        reporters: [{}],
      },
      { test: { ...own.test, projects } },
    );
  }

  /** Answers the changed file in place of the one on the disk. */
  #changes(): Plugin {
    const textOf = (id: string): string | undefined =>
      this.#changed && id === join(this.#root, this.#changed.file) ? this.#changed.text : undefined;
    return {
      name: 'changed-file',
      enforce: 'pre',
      load: (id) => textOf(id),
      // What is kept on disk of a module goes by its text; that of the others is the same without this.
      configureVitest: ({ experimental_defineCacheKeyGenerator: define }) =>
        define(({ id }) => textOf(id)),
      api: { vitest: { experimental: { ignoreFsModuleCache: true } } },
    };
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
    if (result === undefined) {
      // The first of two asks the process to end, which an endless loop never hears; the second ends it.
      const vitest = await this.#vitest;
      vitest?.cancelCurrentRun('test-failure').catch(() => undefined);
      await this.close();
    }
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
