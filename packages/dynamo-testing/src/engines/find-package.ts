import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The folder of an installed package, looked up from this package and then from the folder in which
 * the process runs; `undefined` when it is not installed.
 */
export function findPackage(name: string): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // Not there; the next place may have it.
    }
  }
  return undefined;
}
