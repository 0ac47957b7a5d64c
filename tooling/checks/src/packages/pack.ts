import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
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
  const packed: PackedPackage[] = [];
  for (const member of workspace.packages.filter(({ published }) => published)) {
    const destination = join(folder, member.name.replaceAll(/\W+/g, '-'));
    mkdirSync(destination, { recursive: true });
    const args = ['--yes', packageManager, 'pack', '--pack-destination', destination];
    const { ok, output } = await runCommand('npx', args, { cwd: member.folder });
    const [name] = readdirSync(destination);
    if (!ok || name === undefined) throw new Error(`Cannot pack ${member.name}: ${output}`);
    packed.push({ member, tarball: join(destination, name) });
  }
  return packed;
}
