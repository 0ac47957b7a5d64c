// One scene per package, from a fresh clone: npm run demo
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { installed } from './lib/install.mjs';
import { root, run, seconds } from './lib/process.mjs';

const startedAt = performance.now();
const fresh = !existsSync(join(root, 'node_modules'));
if (fresh) console.log('Installing what the demo needs (once) …\n');
await installed({ only: '@x/demo' });
if (fresh) console.log(`\nInstalled in ${seconds(performance.now() - startedAt)}.\n`);

const demo = join(root, 'tooling', 'demo');
// The packages run from their sources: nothing has to be built first.
const loader = pathToFileURL(createRequire(join(demo, 'package.json')).resolve('tsx')).href;
const args = ['--conditions=@x/source', `--import=${loader}`, join(demo, 'src', 'main.ts')];
process.exitCode = await run(
  process.execPath,
  [...args, ...process.argv.slice(2)],
  // The demo runs on every Node.js that the packages support; the SDK's advice is for applications.
  { env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } },
);
