import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What runs a program. */
export interface Runtime {
  /** `Node.js 22.23.3`. */
  readonly name: string;
  readonly command: string;
  /** What comes before the program's path. */
  readonly args: readonly string[];
}

/** The binaries that are installed with the checks, where they run: Linux on x64. */
const installed = [
  { name: 'Node.js', path: 'node-20/bin/node', args: [] },
  { name: 'Node.js', path: 'node-22/bin/node', args: [] },
  { name: 'Node.js', path: 'node-24/bin/node', args: [] },
  { name: 'Bun', path: '@oven/bun-linux-x64/bin/bun', args: ['run'] },
  {
    name: 'Deno',
    path: '@deno/linux-x64-glibc/deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual'],
  },
] as const;

/** The Node.js that runs this and, where everything is checked, each that starts on this machine. */
export function runtimes(all: boolean): [Runtime, ...Runtime[]] {
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  const current = { name: `Node.js ${process.versions.node}`, command: process.execPath, args: [] };
  if (!all) return [current];
  const others = installed
    .map(({ path, ...runtime }) => ({ ...runtime, command: join(modules, path) }))
    .filter(({ command }) => existsSync(command))
    .flatMap((runtime) => {
      const version = versionOf(runtime.command);
      return version === undefined ? [] : [{ ...runtime, name: `${runtime.name} ${version}` }];
    });
  return [current, ...others];
}

/** Its version, or `undefined` when this machine cannot run it. */
function versionOf(command: string): string | undefined {
  try {
    const output = execFileSync(command, ['--version'], { encoding: 'utf8' });
    return /\d+\.\d+\.\d+/.exec(output)?.[0];
  } catch {
    return undefined;
  }
}
