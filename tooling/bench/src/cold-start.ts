import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { bareProgram } from './bare.js';

/** Files that hold all they need, with a function `run(endpoint)` that gets its first answer. */
export interface Bundles {
  readonly overSdk: string;
  readonly overLight: string;
  /** Of one bare request. */
  readonly bare: string;
  readonly gzipBytes: number;
}

const config = `{ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }`;

/** The same program over a client of either. */
const getOver = (
  client: string,
  from: string,
): string => `import { KeyValueTable } from '@x/dynamo-kv';
import { ${client} } from '${from}';
export async function run(endpoint) {
  const dynamo = new ${client}(${config});
  await new KeyValueTable({ dynamo, tableName: 'keys', namespace: 'n' }).get('id');
}`;

/** What starts a bundle in a process of its own, and prints the processor time in microseconds. */
const starter = `const before = process.cpuUsage();
const { run } = await import(process.argv[1]);
await run(process.argv[2]);
const { user, system } = process.cpuUsage(before);
console.log(user + system);
process.exit();`;

/** Bundles as the README of the light client says. */
export async function bundles(): Promise<Bundles> {
  const folder = await mkdtemp(join(tmpdir(), 'dynamo-primitives-bench-'));
  const bundle = async (name: string, contents: string, conditions: string[]): Promise<string> => {
    const outfile = join(folder, `${name}.mjs`);
    await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      mainFields: ['module', 'main'],
      conditions,
      legalComments: 'none',
      banner: {
        js: name === 'sdk' ? requires : '',
      },
    });
    return outfile;
  };
  const overLight = await bundle('light', getOver('LightClient', '@x/dynamo-light-client'), [
    'module',
    'x-no-sdk',
  ]);
  return {
    overSdk: await bundle('sdk', getOver('DynamoDBClient', '@aws-sdk/client-dynamodb'), ['module']),
    overLight,
    bare: await bundle('bare', bareProgram, []),
    gzipBytes: gzipSync(await readFile(overLight), { level: 9 }).byteLength,
  };
}

/** Some of what the SDK depends on is CommonJS. */
const requires = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** What a new process takes from the loading of a bundle to its first answer: processor time in µs. */
export async function startUs(file: string, endpoint: string): Promise<number> {
  const options = ['--input-type=module', '--eval', starter, file, endpoint];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return Number(stdout);
}
