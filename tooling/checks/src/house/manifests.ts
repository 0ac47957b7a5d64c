import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { Manifest, WorkspacePackage } from '../workspace.js';
import type { Rule } from './rule.js';

/** What a user of a package finds on the registry, and what bundlers need to drop unused code. */
export const manifests: Rule = {
  name: 'published packages have a README, a LICENSE, an exports map and no side effects',
  problems: (workspace) =>
    workspace.packages
      .filter(({ published }) => published)
      .flatMap((member) => [...missingFiles(member), ...fieldProblems(member)]),
};

function missingFiles({ name, folder }: WorkspacePackage): string[] {
  return ['README.md', 'LICENSE']
    .filter((file) => !existsSync(join(folder, file)))
    .map((file) => `${name} has no ${file}`);
}

function fieldProblems({ name, folder, manifest }: WorkspacePackage): string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, problem: string): void => {
    if (!holds) wrong.push(`${name}: ${problem}`);
  };
  const { files = [] } = manifest;
  expect(manifest.sideEffects === false, '"sideEffects" must be false');
  expect(manifest.license === 'MIT', '"license" must be "MIT"');
  expect(manifest.type === 'module', '"type" must be "module"');
  expect((manifest.description ?? '').length > 0, '"description" is missing');
  expect(manifest.engines?.node === '>=20.19', '"engines.node" must be ">=20.19"');
  // npm compares it with where the package was built before it signs a provenance statement.
  expect(
    manifest.repository?.directory === `packages/${basename(folder)}`,
    '"repository.directory" must be its folder',
  );
  for (const field of ['homepage', 'bugs'] as const) {
    expect(manifest[field] !== undefined, `"${field}" is missing`);
  }
  for (const needed of ['dist', 'src', '!src/**/*.test.ts']) {
    expect(files.includes(needed), `"files" must hold "${needed}"`);
  }
  expect(entriesOf(manifest).length > 0, '"exports" has no entry');
  for (const [subpath, target] of entriesOf(manifest)) {
    expect(isComplete(target), `"exports" of "${subpath}" lacks @x/source, import or require`);
  }
  return wrong;
}

function entriesOf({ exports = {} }: Manifest): [string, unknown][] {
  return Object.entries(exports).filter(([subpath]) => subpath !== './package.json');
}

/** The workspace's condition must come first: conditions are tried in their order. */
function isComplete(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false;
  const conditions = Object.entries(target);
  const nested = new Map<string, unknown>(conditions);
  return (
    conditions[0]?.[0] === '@x/source' &&
    hasTypes(nested.get('import')) &&
    hasTypes(nested.get('require'))
  );
}

function hasTypes(condition: unknown): boolean {
  return (
    typeof condition === 'object' &&
    condition !== null &&
    Object.keys(condition)[0] === 'types' &&
    'default' in condition
  );
}
