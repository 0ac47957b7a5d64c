import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import type { WorkspacePackage } from '../workspace.js';

/** The size of a bundle that imports one thing. */
export interface Size {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  /** How many minified bytes of the bundle come from which file, the most first. */
  readonly files: readonly (readonly [path: string, bytes: number])[];
}

/** Bundles `import { name }` of a package from its sources, as an application would, minified. */
export async function measure(
  { folder }: WorkspacePackage,
  name: string,
  entry = 'index',
): Promise<Size> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${name} } from './src/${entry}.js';`, resolveDir: folder },
    bundle: true,
    write: false,
    metafile: true,
    absWorkingDir: folder,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@x/source'],
    // A user has the SDK anyway, and what sends through it is loaded with it.
    external: ['@aws-sdk/*', '#sdk'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    minifiedBytes: code.byteLength,
    gzipBytes: gzipSync(code, { level: 9 }).byteLength,
    files: inputs
      .map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
      .filter(([, bytes]) => bytes > 0)
      .sort(([, a], [, b]) => b - a),
  };
}
