// The packages as they would be published: npm test -- packages
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mapConcurrently } from '@x/dynamo-core/mechanism';

import { finish, printCheck, type CheckResult } from '../report.js';
import { readWorkspace, type Workspace } from '../workspace.js';
import { checkLoading } from './load.js';
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

function add(result: CheckResult): void {
  printCheck(result);
  results.push(result);
}

/** Installs the packages as a user does, and runs them. */
async function checkProject(workspace: Workspace, packed: readonly PackedPackage[]): Promise<void> {
  const project = join(folder, 'project');
  await installProject(workspace, packed, project);
  for (const result of await checkLoading(project, entriesOf(packed), all)) add(result);
  writePages(workspace.folder, project);
  if (!all) return checkPrograms(project, all, add);
  // Each waits for processes of its own most of the time.
  const others = [
    () => checkTypeScript(project, entriesOf(packed)),
    () => checkSdkVersions(workspace, packed, project),
    () => checkWorkers(workspace.folder, project),
  ];
  await Promise.all([
    checkPrograms(project, all, add),
    mapConcurrently(others, 1, async (check) => {
      for (const result of await check()) add(result);
    }),
  ]);
}

try {
  const workspace = readWorkspace();
  const packed = await packAll(workspace, join(folder, 'tarballs'));
  await Promise.all([
    mapConcurrently(packed, 1, async (one) => {
      for (const check of [checkContents, checkManifest, checkTypes]) add(await check(one));
    }),
    checkProject(workspace, packed),
  ]);
} catch (error) {
  add({ name: 'packages', problems: [error instanceof Error ? error.message : String(error)] });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
finish(results);
