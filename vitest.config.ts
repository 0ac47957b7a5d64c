import { defineConfig, type Plugin } from 'vitest/config';

/**
 * The packages of the workspace are tested from their sources, without a build: the condition
 * `@x/source` of their exports holds in every environment, also in the one of the global set-up.
 */
const fromSources: Plugin = {
  name: 'from-sources',
  configEnvironment: () => ({
    resolve: {
      conditions: ['@x/source', 'node', 'development|production'],
      externalConditions: ['@x/source', 'node'],
    },
  }),
};
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
/** The files of a worker share their modules: most of the time went into loading the SDK again. */
const isolate = false;
/** The order of events is the simulation's: these need no engine. */
const schedules = 'packages/*/test/**/*.sim.test.ts';
const server = { deps: { inline: [/\/(packages|tooling)\/[^/]+\/(src|test)\//] } };

export default defineConfig({
  test: {
    // Vitest keeps one core for itself; the tests here wait for engines most of the time.
    maxWorkers: '100%',
    // What was transformed once is kept on disk, by its content: each mutant is a run of its own.
    experimental: { fsModuleCache: true },
    projects: [
      {
        plugins: [fromSources],
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tooling/*/src/**/*.test.ts'],
          testTimeout: 30_000,
          isolate,
          env,
          server,
        },
      },
      {
        plugins: [fromSources],
        test: {
          name: 'schedules',
          include: [schedules],
          testTimeout: 60_000,
          isolate,
          env,
          server,
        },
      },
      {
        plugins: [fromSources],
        test: {
          name: 'samples',
          include: ['tooling/checks/samples.test.ts'],
          globalSetup: ['tooling/conformance/src/start-engines.ts'],
          testTimeout: 30_000,
          env,
          server,
        },
      },
      {
        plugins: [fromSources],
        test: {
          name: 'engines',
          include: ['packages/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'],
          exclude: [schedules],
          globalSetup: ['tooling/conformance/src/start-engines.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate,
          env,
          server,
        },
      },
    ],
  },
});
