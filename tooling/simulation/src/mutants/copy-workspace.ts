import { cp, mkdir, mkdtemp, readdir, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';

const notCopied: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.generated']);

/**
 * Copies the sources of a workspace into a new temporary folder and returns its path. Installed
 * packages are linked instead of copied, and packages of the workspace are linked to their copies.
 */
export async function copyWorkspace(root: string): Promise<string> {
  const from = await realpath(root);
  const to = await mkdtemp(join(await realpath(tmpdir()), 'mutants-'));
  const packages: string[] = [];
  await cp(from, to, {
    recursive: true,
    filter: (path) => {
      if (basename(path) === 'node_modules') packages.push(relative(from, path));
      return path === from || !notCopied.has(basename(path));
    },
  });
  for (const modules of packages) {
    await linkModules({ from, to, folder: modules });
  }
  return to;
}

interface ModulesFolder {
  readonly from: string;
  readonly to: string;
  readonly folder: string;
}

async function linkModules({ from, to, folder }: ModulesFolder): Promise<void> {
  await mkdir(join(to, folder), { recursive: true });
  for (const entry of await readdir(join(from, folder))) {
    if (entry.startsWith('.')) continue;
    const name = join(folder, entry);
    if (entry.startsWith('@')) await linkModules({ from, to, folder: name });
    else await symlink(await targetOf(join(from, name), from, to), join(to, name));
  }
}

async function targetOf(module: string, from: string, to: string): Promise<string> {
  const target = await realpath(module);
  const inside = relative(from, target);
  const isOurs = !inside.startsWith('..') && !inside.split(sep).includes('node_modules');
  return isOurs ? join(to, inside) : target;
}
