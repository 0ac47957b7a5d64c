import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

/** Files that hold all they need, with a function `run(endpoint)` that gets its first answer. */
export interface Bundles {
  readonly sdkAlone: string;
  readonly kvOverLight: string;
  readonly kvGzipBytes: number;
}

const config = `{ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }`;

const sdkAlone = `import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
export async function run(endpoint) {
  const client = new DynamoDBClient(${config});
  await client.send(new GetItemCommand({ TableName: 'keys', Key: { key: { S: 'id' } } }));
}`;

const kvOverLight = `import { KeyValueTable } from '@x/dynamo-kv';
import { LightClient } from '@x/dynamo-light-client';
export async function run(endpoint) {
  const dynamo = new LightClient(${config});
  await new KeyValueTable({ dynamo, tableName: 'keys', namespace: 'n' }).get('id');
}`;

/** What starts a bundle in a process of its own, and prints how long it took. */
const starter = `const startedMs = performance.now();
const { run } = await import(process.argv[1]);
await run(process.argv[2]);
console.log(performance.now() - startedMs);
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
  const light = await bundle('light', kvOverLight, ['module', 'x-no-sdk']);
  return {
    sdkAlone: await bundle('sdk', sdkAlone, ['module']),
    kvOverLight: light,
    kvGzipBytes: gzipSync(await readFile(light), { level: 9 }).byteLength,
  };
}

/** Some of what the SDK depends on is CommonJS. */
const requires = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** How long a new process takes from the loading of a bundle to its first answer, in milliseconds. */
export async function startMs(file: string, endpoint: string): Promise<number> {
  const options = ['--input-type=module', '--eval', starter, file, endpoint];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return Number(stdout);
}
