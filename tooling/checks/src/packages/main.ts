// The packages as they would be published: npm test -- packages
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { finish, printChecks, type CheckResult } from '../report.js';
import { readWorkspace, type Workspace } from '../workspace.js';
import { checkLoading } from './load.js';
import { checkNitro } from './nitro.js';
import { packAll, type PackedPackage } from './pack.js';
import { writePages } from './pages.js';
import { entriesOf, installProject } from './project.js';
import { checkPrograms } from './run-programs.js';
import { checkSdkVersions } from './sdk-versions.js';
import { checkContents, checkManifest, checkTypes } from './shape.js';
import { checkTypeScript } from './type-tests.js';
import { checkWorkers } from './workers.js';

// Outside the workspace, so that nothing resolves that a user would not have.
const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-packages-'));
const results: CheckResult[] = [];
// At a laptop: the Node.js that runs this, one bundler and one Jest.
const all = process.env['CI'] === 'true';

function add(kind: string, ofKind: readonly CheckResult[]): void {
  printChecks(kind, ofKind);
  results.push(...ofKind);
}

/** Installs the packages as a user does, and runs them. */
async function checkProject(workspace: Workspace, packed: readonly PackedPackage[]): Promise<void> {
  const project = join(folder, 'project');
  await installProject(workspace, packed, project);
  add('the entries load', await checkLoading(project, entriesOf(packed), all));
  writePages(workspace.folder, project);
  if (!all) return checkPrograms(project, all, add);
  // Each waits for processes of its own most of the time.
  const others = async (): Promise<void> => {
    add('the types hold', await checkTypeScript(project, entriesOf(packed)));
    add('versions of the SDK', await checkSdkVersions(workspace, packed, project));
    add('deployed', [await checkNitro(project)]);
    add('as a Worker', await checkWorkers(workspace.folder, project));
  };
  await Promise.all([checkPrograms(project, all, add), others()]);
}

async function checkShapes(packed: readonly PackedPackage[]): Promise<void> {
  const shapes: CheckResult[] = [];
  for (const one of packed) {
    for (const check of [checkContents, checkManifest, checkTypes]) shapes.push(await check(one));
  }
  add('the tarballs are sound', shapes);
}

try {
  const workspace = readWorkspace();
  const packed = await packAll(workspace, join(folder, 'tarballs'));
  await Promise.all([checkShapes(packed), checkProject(workspace, packed)]);
} catch (error) {
  const problem = error instanceof Error ? error.message : String(error);
  add('all', [{ name: 'packages', problems: [problem] }]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
finish(results);
