import { basename } from 'node:path';

import type { WorkspacePackage } from '../workspace.js';
import type { Rule } from './rule.js';

/**
 * What a user of a package finds on the registry, and what bundlers need to drop unused code. What its
 * tarball holds, and where its exports lead, is for the checks of the packed packages.
 */
export const manifests: Rule = {
  name: 'published packages say what they are, and have no side effects',
  problems: (workspace) => workspace.published.flatMap(problemsOf),
};

function problemsOf({ name, folder, manifest }: WorkspacePackage): string[] {
  // npm compares the folder with where the package was built before it signs a provenance statement.
  const directory = `packages/${basename(folder)}`;
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [manifest.sideEffects === false, '"sideEffects" must be false'],
    [manifest.license === 'MIT', '"license" must be "MIT"'],
    [manifest.type === 'module', '"type" must be "module"'],
    [(manifest.description ?? '') !== '', '"description" is missing'],
    [manifest.engines?.node === '>=20.19', '"engines.node" must be ">=20.19"'],
    [manifest.repository?.directory === directory, '"repository.directory" must be its folder'],
    [manifest.homepage !== undefined, '"homepage" is missing'],
    [manifest.bugs !== undefined, '"bugs" is missing'],
  ];
  return rules.filter(([holds]) => !holds).map(([, problem]) => `${name}: ${problem}`);
}
