import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { EngineCommand, EngineMissing } from './engine-command.js';
import { findPackage } from './find-package.js';

/** How dynoxide is started: one static binary out of the package of this platform. */
export function findDynoxide(): EngineCommand | EngineMissing {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  const folder = findPackage(name);
  const file = folder && join(folder, process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  if (file === undefined || !existsSync(file)) {
    return { missing: `the npm package ${name}, where it exists for the platform` };
  }
  return {
    file,
    args: (port) => ['serve', '--host', '127.0.0.1', '--port', String(port)],
  };
}
