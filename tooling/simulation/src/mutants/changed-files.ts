import { execFileSync } from 'node:child_process';

/**
 * The files that differ from the branch that this one follows, by their paths from the root; from the
 * latest commit where it follows none. None without git.
 */
export function changedFiles(root: string): Set<string> {
  const since = git(root, 'merge-base', 'HEAD', '@{upstream}')?.trim() ?? 'HEAD';
  const names = git(root, 'diff', '--name-only', since) ?? '';
  return new Set(names.split('\n').filter((name) => name !== ''));
}

/** What git prints, `undefined` where it fails. */
function git(cwd: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
