import { cp, mkdtemp, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Copies a workspace into a new temporary folder and returns its path. Its links are relative: those
 * between packages lead to the copies, those to installed ones through a link to the store of pnpm.
 */
export async function copyWorkspace(from: string): Promise<string> {
  const to = await mkdtemp(join(await realpath(tmpdir()), 'mutants-'));
  const isCopied = (path: string): boolean => !/^(\..*|dist)$/.test(basename(path));
  const filter = (path: string): boolean => path === from || isCopied(path);
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter });
  await symlink(join(from, 'node_modules/.pnpm'), join(to, 'node_modules/.pnpm'));
  return to;
}
