import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Workspace } from '../workspace.js';
import { runCommand } from './command.js';
import type { PackedPackage } from './pack.js';

const sdkPackages = ['client-dynamodb', 'lib-dynamodb', 'util-dynamodb'].map(
  (name) => `@aws-sdk/${name}`,
);

/** Peers that an entry needs to load: `/undici` of the light client, `/powertools` of idempotency. */
export const loadedPeers = [
  { name: 'undici', of: 'packages/dynamo-light-client' },
  { name: '@aws-lambda-powertools/idempotency', of: 'packages/dynamo-idempotency' },
] as const;

/** Makes an npm project of nothing but the tarballs and their peers, as a user's would be. */
export async function installProject(
  workspace: Workspace,
  packed: readonly PackedPackage[],
  folder: string,
  sdkVersion?: string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "a-user", "private": true }\n');
  const peers = sdkPackages.map(
    (name) => `${name}@${sdkVersion ?? installedVersion(workspace.folder, name)}`,
  );
  for (const { name, of } of loadedPeers) {
    peers.push(`${name}@${installedVersion(join(workspace.folder, of), name)}`);
  }
  const tarballs = packed.map(({ tarball }) => tarball);
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { ok, output } = await runCommand('npm', ['install', ...options, ...tarballs, ...peers], {
    cwd: folder,
  });
  if (!ok) throw new Error(`Cannot install the packed packages: ${output}`);
}

function installedVersion(folder: string, name: string): string {
  const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** What a user can import: every entry of every package. */
export function entriesOf(packed: readonly PackedPackage[]): string[] {
  return packed.flatMap(({ member: { name, manifest } }) =>
    Object.keys(manifest.exports ?? {})
      .filter((subpath) => subpath !== './package.json')
      .map((subpath) => `${name}${subpath.slice(1)}`),
  );
}
