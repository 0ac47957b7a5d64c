import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { pnpm } from './pnpm.mjs';
import { root } from './process.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);

/**
 * Installs what the lockfile names: everything, or only what the package `only` and the packages it
 * depends on need to run. Returns at once when an earlier install did so for the same lockfile. Ends
 * the command where it fails, and on a Node.js that is too old for the tools that it starts.
 */
export async function installed({ only } = {}) {
  if (major < 20 || (major === 20 && minor < 19)) {
    end(`Cannot run on Node.js ${process.versions.node}: it must be 20.19 or later`);
  }
  const wanted = fingerprint();
  if (isDone('all', wanted) || (only && isDone(only, wanted))) return;

  // A small install removes what it does not need, so it never follows one of everything. (The SDK
  // is a dependency of the root, not for development, so that the packages find it in both.)
  const isNew = !existsSync(join(root, 'node_modules', '.modules.yaml'));
  const small = only !== undefined && (isNew || existsSync(stampOf(only)));
  const options = small ? ['--prod', '--filter', `${only}...`] : [];
  for (const scope of ['all', only]) if (scope) rmSync(stampOf(scope), { force: true });
  const code = await pnpm([
    'install',
    ...options,
    '--frozen-lockfile',
    '--loglevel=info',
    '--config.confirmModulesPurge=false',
  ]);
  if (code !== 0) end('\nCannot go on: the install above failed');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampOf(small ? only : 'all'), wanted);
}

function isDone(scope, wanted) {
  const stamp = stampOf(scope);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** Kept inside node_modules, so that removing that folder forgets the install as well. */
function stampOf(scope) {
  return join(root, 'node_modules', `.installed-${scope.replaceAll(/\W/g, '-')}`);
}

/** Changes with everything that an install depends on: the lockfile holds what manifests ask for. */
function fingerprint() {
  const hash = createHash('sha256');
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  for (const file of files) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function end(message) {
  console.error(message);
  process.exit(1);
}
