import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { EngineCommand, EngineMissing, Host } from './engine-command.js';
import { findPackage } from './find-package.js';

/** How dynoxide is started: one static binary out of the package of this platform. */
export function findDynoxide({ platform, arch }: Host): EngineCommand | EngineMissing {
  const name = `@dynoxide/${platform}-${arch}`;
  const folder = findPackage(name);
  const file = folder && join(folder, platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  if (file === undefined || !existsSync(file)) {
    return { missing: `the npm package ${name}, if there is one` };
  }
  return {
    file,
    args: (port) => ['serve', '--host', '127.0.0.1', '--port', String(port)],
  };
}
