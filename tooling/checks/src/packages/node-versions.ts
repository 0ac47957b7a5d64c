import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Node.js that is there to be tested with. */
export interface NodeVersion {
  /** `22.23.3`, as it says itself. */
  readonly version: string;
  readonly path: string;
}

/** The binaries that are installed with the checks, where they run: Linux on x64. */
const installed: readonly string[] = ['node-22', 'node-24'];

/** The Node.js that runs this, and each of the others that starts on this machine. */
export function nodeVersions(): NodeVersion[] {
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  const current = { version: process.versions.node, path: process.execPath };
  const others = installed
    .map((name) => join(modules, name, 'bin', 'node'))
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const version = versionOf(path);
      return version === undefined ? [] : [{ version, path }];
    });
  return [current, ...others];
}

/** Its version without the `v`, or `undefined` when this machine cannot run it. */
function versionOf(path: string): string | undefined {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  } catch {
    return undefined;
  }
}
