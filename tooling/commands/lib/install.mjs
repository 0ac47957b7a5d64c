import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { pnpm } from './pnpm.mjs';
import { root } from './process.mjs';

/**
 * Installs what the lockfile says: everything, or only what the package `only` and the packages it
 * depends on need to run. Returns at once when an earlier install did so for the same lockfile.
 *
 * Resolves to whether it worked.
 */
export async function install({ only } = {}) {
  const wanted = fingerprint();
  if (isDone('all', wanted) || (only && isDone(only, wanted))) return true;

  // A small install removes what it does not need, so it never follows one of everything. (The SDK
  // is a dependency of the root, not for development, so that the packages find it in both.)
  const small = only !== undefined && (!isInstalled() || existsSync(stampOf(only)));
  const options = small ? ['--prod', '--filter', `${only}...`] : [];
  for (const scope of ['all', only]) if (scope) rmSync(stampOf(scope), { force: true });
  const code = await pnpm([
    'install',
    ...options,
    '--frozen-lockfile',
    '--loglevel=info',
    '--config.confirmModulesPurge=false',
  ]);
  if (code !== 0) return false;
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampOf(small ? only : 'all'), wanted);
  return true;
}

function isInstalled() {
  return existsSync(join(root, 'node_modules', '.modules.yaml'));
}

function isDone(scope, wanted) {
  const stamp = stampOf(scope);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** Kept inside node_modules, so that removing that folder forgets the install as well. */
function stampOf(scope) {
  return join(root, 'node_modules', `.installed-${scope.replaceAll(/\W/g, '-')}`);
}

/** Changes with everything that an install depends on. */
function fingerprint() {
  const hash = createHash('sha256');
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests()];
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function manifests() {
  return ['packages', 'tooling'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => join(group, name, 'package.json'))
      .filter((file) => existsSync(join(root, file))),
  );
}
