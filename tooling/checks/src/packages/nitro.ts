import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';

const require = createRequire(import.meta.url);

/** An app whose cache is in DynamoDB, and what starts it as its host would. */
const files = {
  'nitro.config.mjs': `export default {
  preset: 'node-listener',
  compatibilityDate: '2026-01-01',
  storage: { cache: { driver: '@x/dynamo-unstorage', tableName: 'my-keys' } },
};
`,
  'routes/index.get.ts': `import { KeyValueTable } from '@x/dynamo-kv';
const kv = new KeyValueTable({ tableName: 'my-keys' });
let calls = 0;
export default defineCachedEventHandler(
  async () => {
    await kv.set('a', 7);
    return { calls: ++calls, stored: await kv.get('a') };
  },
  { name: 'answers', maxAge: 60, swr: false },
);
`,
  'start.mjs': `import { createServer } from 'node:http';
import { once } from 'node:events';
import { keysTable } from '@x/dynamo-core';
import { MemoryDynamo, serve } from '@x/dynamo-testing';
const memory = new MemoryDynamo();
memory.createTable(keysTable, 'my-keys');
const { endpoint } = await serve(memory);
const keys = { AWS_REGION: 'local', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
Object.assign(process.env, { AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...keys });
const { listener } = await import('./.output/server/index.mjs');
const server = createServer(listener).listen(0, '127.0.0.1');
await once(server, 'listening');
const ask = async () => (await fetch('http://127.0.0.1:' + server.address().port)).text();
console.log(await ask(), await ask(), memory.rows('my-keys').length);
process.exit();
`,
};

/** What Nitro deploys is what it traced, and it runs where nothing else is installed. */
export async function checkNitro(project: string): Promise<CheckResult> {
  const app = join(project, 'nitro-app');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
  const bin = join(require.resolve('nitropack/package.json'), '../dist/cli/index.mjs');
  const built = await runCommand(process.execPath, [bin, 'build'], { cwd: app });
  const { output } = built.ok
    ? await runCommand(process.execPath, ['start.mjs'], { cwd: app })
    : built;
  const answer = '{"calls":1,"stored":7}';
  const isRight = output.split('\n').includes(`${answer} ${answer} 2`);
  return { name: 'an app of Nitro runs as it is deployed', problems: isRight ? [] : [output] };
}
