import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { pnpm } from './pnpm.mjs';
import { root } from './process.mjs';

/**
 * Installs what the lockfile says: everything, or only what the package `only` and the packages it
 * depends on need. Returns at once when an earlier install did so for the same lockfile.
 *
 * Resolves to whether it worked.
 */
export async function install({ only } = {}) {
  const wanted = fingerprint();
  if (isDone('all', wanted) || (only && isDone(only, wanted))) return true;

  const filter = only ? ['--filter', `${only}...`] : [];
  const options = ['--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const scope = stampOf(only ?? 'all');
  rmSync(scope, { force: true });
  const code = await pnpm(['install', ...filter, ...options]);
  if (code !== 0) return false;
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(scope, wanted);
  return true;
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
