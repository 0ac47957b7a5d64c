import { defineConfig, type Options } from 'tsup';

/** How every published package is built: ESM and CJS side by side, each with its own types. */
export function packageBuild(entry: string[] = ['src/index.ts']): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    sourcemap: true,
    splitting: false,
    // `node:` says that a module is Node's own, also to bundlers for other platforms.
    removeNodeProtocol: false,
    outDir: 'dist',
    // What a package loads through its own `imports` stays a file of its own.
    external: [/^#/],
    esbuildOptions(options, { format }) {
      // The sources ship beside the maps: they need not be in there, too.
      options.sourcesContent = false;
      // Jest runs CommonJS without dynamic import: what is loaded lazily becomes a `require`, which
      // bundlers see through. (Rollup's pass, `treeshake: true`, would hide it from them.)
      if (format === 'cjs') options.supported = { 'dynamic-import': false };
    },
  };
}

export default defineConfig(packageBuild());
