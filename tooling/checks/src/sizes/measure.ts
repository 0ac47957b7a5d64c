import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build, transform } from 'esbuild';
import { rollup, type OutputChunk, type Plugin } from 'rollup';

import type { Workspace } from '../workspace.js';

/** The bytes of code, minified. */
export interface Bytes {
  readonly minified: number;
  readonly gzipped: number;
}

/** The size of a bundle that imports one thing. */
export interface Size {
  /** What is loaded with the import, where the bundler splits at `import()`, as Rollup does. */
  readonly initial: Bytes;
  /** All in one file, as esbuild makes it: with what is loaded on first use. */
  readonly whole: Bytes;
  /** How many bytes of `initial` come from which file, before they are minified: the most first. */
  readonly files: readonly (readonly [path: string, bytes: number])[];
}

/**
 * Bundles an import of `name` from an entry of a package, as an application would, from the sources:
 * what is published for bundlers are the same modules.
 */
export async function measure(workspace: Workspace, from: string, name: string): Promise<Size> {
  const [scope, own, entry = 'index'] = from.split('/');
  const member = workspace.packages.find((candidate) => candidate.name === `${scope}/${own}`);
  if (member === undefined) throw new Error(`There is no package of ${from}`);
  const { folder } = member;
  const contents = `export { ${name} } from './src/${entry}.js';`;
  const [chunks, whole] = await Promise.all([
    initialChunks(workspace, folder, contents),
    wholeOf(folder, contents),
  ]);
  const minified = await Promise.all(
    chunks.map(({ code }) => transform(code, { minify: true, format: 'esm', target: 'node20' })),
  );
  return {
    initial: bytesOf(minified.map(({ code }) => code).join('')),
    whole: bytesOf(whole),
    files: chunks
      .flatMap(({ modules }) => Object.entries(modules))
      .map(
        ([path, { renderedLength }]) => [relative(workspace.folder, path), renderedLength] as const,
      )
      .filter(([, bytes]) => bytes > 0)
      .sort(([, a], [, b]) => b - a),
  };
}

async function wholeOf(folder: string, contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    write: false,
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
  return outputFiles[0]?.text ?? '';
}

/** The chunk of the entry, and those that it imports. */
async function initialChunks(
  workspace: Workspace,
  folder: string,
  contents: string,
): Promise<OutputChunk[]> {
  const bundle = await rollup({
    input: join(folder, 'entry.ts'),
    plugins: [fromSources(workspace, contents)],
    treeshake: { moduleSideEffects: false },
    onLog: () => undefined,
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  const initial = new Set(chunks.filter(({ isEntry }) => isEntry));
  // A set takes up what is added while it is iterated.
  for (const { imports } of initial) {
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) initial.add(chunk);
  }
  return [...initial];
}

/** Finds the modules of the workspace, and strips their types. */
function fromSources({ packages }: Workspace, contents: string): Plugin {
  let entry: string | undefined;
  return {
    name: 'from-sources',
    resolveId(id, importer) {
      if (importer === undefined) return (entry = id);
      if (id.startsWith('.')) return join(dirname(importer), id).replace(/\.js$/, '.ts');
      const [scope, name, sub = 'index'] = id.split('/');
      const found = packages.find((candidate) => candidate.name === `${scope}/${name}`);
      return found === undefined
        ? { id, external: true, moduleSideEffects: false }
        : join(found.folder, 'src', `${sub}.ts`);
    },
    async load(id) {
      const text = id === entry ? contents : readFileSync(id, 'utf8');
      return (await transform(text, { loader: 'ts', target: 'node20' })).code;
    },
  };
}

function bytesOf(code: string): Bytes {
  return {
    minified: Buffer.byteLength(code),
    gzipped: gzipSync(code, { level: 9 }).byteLength,
  };
}
