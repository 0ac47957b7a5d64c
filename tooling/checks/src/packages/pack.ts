import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Workspace, WorkspacePackage } from '../workspace.js';
import { runCommand } from './command.js';

/** A package as it would go to the registry. */
export interface PackedPackage {
  readonly member: WorkspacePackage;
  readonly tarball: string;
}

/** Packs every published package with pnpm, which puts real versions in place of `workspace:`. */
export async function packAll(workspace: Workspace, folder: string): Promise<PackedPackage[]> {
  const manifest = readFileSync(join(workspace.folder, 'package.json'), 'utf8');
  const { packageManager } = JSON.parse(manifest) as { packageManager: string };
  mkdirSync(folder, { recursive: true });
  const args = [
    '--yes',
    packageManager,
    '--filter=./packages/*',
    'pack',
    `--pack-destination=${folder}`,
  ];
  const { ok, output } = await runCommand('npx', args, { cwd: workspace.folder });
  if (!ok) throw new Error(`Cannot pack the packages: ${output}`);
  return workspace.published.map((member) => {
    const { name, version } = member.manifest;
    return { member, tarball: join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`) };
  });
}
