import { readdirSync, rmSync } from 'node:fs';

import { defineConfig, type Options } from 'tsup';

type Format = 'esm' | 'cjs';

/** How every published package is built: ESM and CJS side by side, each with its own types. */
export function packageBuild(
  entry: string[] = ['src/index.ts'],
  options: Options = {},
): Options | Options[] {
  if (entry.length === 1) return { ...shared(entry, ['esm', 'cjs']), clean: true, ...options };
  // The two builds run side by side: neither may clean up after the other.
  rmSync('dist', { recursive: true, force: true });
  const esm = { ...shared(entry, ['esm']), splitting: true };
  return [esm, cjsOfSeveral(entry)].map((build) => ({ ...build, ...options }));
}

/**
 * Entries share what they have in common, so that a class is the same from each of them: ESM by
 * chunks, which esbuild has for no other format, CJS by leaving each module a file of its own.
 */
function cjsOfSeveral(entry: string[]): Options {
  const modules = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(path))
    .map((path) => `src/${path}`);
  return {
    ...shared(modules, ['cjs']),
    dts: { entry },
    esbuildPlugins: [
      {
        name: 'modules-stay-files',
        setup(build) {
          build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path }) => ({
            path: path.replace(/\.js$/, '.cjs'),
            external: true,
          }));
        },
      },
    ],
  };
}

function shared(entry: string[], format: Format[]): Options {
  return {
    entry,
    format,
    target: 'node20',
    dts: true,
    sourcemap: true,
    splitting: false,
    // `node:` says that a module is Node's own, also to bundlers for other platforms.
    removeNodeProtocol: false,
    outDir: 'dist',
    // What a package loads through its own `imports` stays a file of its own.
    external: [/^#/],
    esbuildOptions(options, context) {
      // The sources ship beside the maps: they need not be in there, too.
      options.sourcesContent = false;
      // Jest runs CommonJS without dynamic import: what is loaded lazily becomes a `require`, which
      // bundlers see through. (Rollup's pass, `treeshake: true`, would hide it from them.)
      if (context.format === 'cjs') options.supported = { 'dynamic-import': false };
    },
  };
}

export default defineConfig(packageBuild());
