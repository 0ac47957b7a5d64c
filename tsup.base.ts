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
    treeshake: true,
    // `node:` says that a module is Node's own, also to bundlers for other platforms.
    removeNodeProtocol: false,
    outDir: 'dist',
  };
}

export default defineConfig(packageBuild());
