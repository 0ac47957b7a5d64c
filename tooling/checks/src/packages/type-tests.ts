import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { CheckResult } from '../report.js';
import { checkRun, runCommand } from './command.js';

const require = createRequire(import.meta.url);

/** The oldest TypeScript that the packages state, and those that are newer than the workspace's. */
const compilers = ['typescript-5.4', 'typescript-6', 'typescript-7'];

/**
 * Compiles a user's program against the declarations of the tarballs, with each TypeScript: as ESM,
 * and with the resolution of before the exports map, where the compiler still knows it.
 */
export async function checkTypeScript(
  project: string,
  entries: readonly string[],
): Promise<CheckResult[]> {
  writeFileSync(join(project, 'types.mts'), esmProgram(entries));
  writeFileSync(join(project, 'types.cts'), program);
  const results: CheckResult[] = [];
  for (const compiler of compilers) {
    const { version, bin } = manifestOf(compiler);
    const modes: Record<string, object> = { nodenext: nodeNext };
    if (!version.startsWith('7.')) modes['node'] = node10(version);
    for (const [resolution, compilerOptions] of Object.entries(modes)) {
      const config = `tsconfig.${compiler}.${resolution}.json`;
      const files = resolution === 'node' ? ['types.cts'] : ['types.mts', 'types.cts'];
      writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files }));
      const name = `the types hold under TypeScript ${version}, moduleResolution ${resolution}`;
      results.push(await checkRun(name, project, bin, '-p', config));
    }
  }
  return [...results, await checkDeclarations(project), await checkNames(project)];
}

/** Whoever writes declarations, where core lies out of reach as pnpm puts it, can name all results. */
async function checkNames(project: string): Promise<CheckResult> {
  const folder = `${project}-without-core`;
  const modules = join(folder, 'node_modules');
  const store = join(modules, '.pnpm/node_modules');
  mkdirSync(join(modules, '@x'), { recursive: true });
  cpSync(join(project, 'node_modules/@x'), join(store, '@x'), { recursive: true });
  symlinkSync(join(project, 'node_modules/@aws-sdk'), join(modules, '@aws-sdk'));
  for (const name of ['@x/dynamo-light-client', '@x/dynamo-testing'])
    symlinkSync(join(store, name), join(modules, name));
  const compilerOptions = { ...nodeNext, noEmit: false, declaration: true, outDir: 'out' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(join(folder, 'names.mts'), named);
  const name = 'what the packages answer is named by them, also where core is not installed';
  return checkRun(name, folder, manifestOf('typescript-5.4').bin);
}

const named = `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LightClient } from '@x/dynamo-light-client';
import { MemoryDynamo, memoryClient, seededRandom } from '@x/dynamo-testing';
const memory = new MemoryDynamo();
const asked = { TableName: 'users', Key: {} };
export const random = seededRandom(1);
export const rows = memory.rows('users');
export const answers = [memory.call('GetItem', asked), new LightClient().call('GetItem', asked)];
export const client: DynamoDBClient = memoryClient(memory);
`;

/** Who checks libraries, too, sees what the declarations declare twice; what the peers have wrong is theirs. */
async function checkDeclarations(project: string): Promise<CheckResult> {
  const config = 'tsconfig.libraries.json';
  const compilerOptions = { ...nodeNext, skipLibCheck: false };
  writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files: ['types.mts'] }));
  const { version, bin } = manifestOf('typescript-7');
  const { output } = await runCommand(process.execPath, [bin, '-p', config], { cwd: project });
  const problems = output.split('\n').filter((line) => /@x\/.*error TS2300/.test(line));
  return {
    name: `the declarations declare nothing twice, as TypeScript ${version} reads them`,
    problems,
  };
}

function manifestOf(compiler: string): { readonly version: string; readonly bin: string } {
  const path = require.resolve(`${compiler}/package.json`);
  const { version, bin } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly version: string;
    readonly bin: { readonly tsc: string };
  };
  return { version, bin: join(path, '..', bin.tsc) };
}

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
  target: 'ES2022',
  lib: ['ES2023', 'DOM', 'ESNext.Disposable'],
  types: [],
};
const nodeNext = { ...strict, module: 'NodeNext', moduleResolution: 'NodeNext' };
const node10 = (version: string): object => ({
  ...strict,
  module: 'CommonJS',
  moduleResolution: 'node',
  ...(version.startsWith('6.') && { ignoreDeprecations: '6.0' }),
});

/** What must compile, and what must not: an error that is expected and missing is one, too. */
const program = `import { KeyValueTable } from '@x/dynamo-kv';
import { DynamoLock } from '@x/dynamo-lock';
import { documentCodec } from '@x/dynamo-core/document-codec';
import type { Codec, Monitoring } from '@x/dynamo-core';
export const monitoring: Monitoring = { logger: undefined, metrics: undefined };
const table = new KeyValueTable<{ a: number }>({ namespace: 'n' });
export const codec: Codec<unknown> = documentCodec;
export const value: Promise<{ a: number } | undefined> = table.get('one');
// @ts-expect-error a text is no entry
void table.setBatch(['user-1']);
// @ts-expect-error the value has another type
void table.set('one', { a: 'b' });
export const fence: Promise<number> = new DynamoLock().withLock('job', (lock) => lock.fence);
`;

/** No entry is without types: what is not resolved would be an error. */
function esmProgram(entries: readonly string[]): string {
  const imports = entries.map((entry, index) => `import * as e${index} from '${entry}';\n`);
  const all = `export const entries = [${entries.map((_, index) => `e${index}`).join(', ')}];\n`;
  return `${imports.join('')}${all}${program}`;
}
