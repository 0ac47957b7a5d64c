import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root, run } from './process.mjs';

/**
 * Runs the pnpm that `packageManager` in package.json names, through npx: a fresh machine has Node
 * and npm, and this is all that it needs.
 */
export function pnpm(args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return run('npx', ['--loglevel=error', '--yes', packageManager, ...args], {
    env: {
      npm_config_update_notifier: 'false',
      DO_NOT_TRACK: '1',
    },
  });
}
