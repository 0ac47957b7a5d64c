import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CheckResult } from '../report.js';
import type { Workspace } from '../workspace.js';
import { checkRun, runCommand } from './command.js';
import type { PackedPackage } from './pack.js';
import { printed } from './programs.js';
import { installProject } from './project.js';
import { writePrograms } from './write-programs.js';

const sdk = '@aws-sdk/client-dynamodb';

/** The first version of the peer range (`^3.700.0`) that there is. */
const oldest = '3.705.0';

/**
 * Runs the programs with the oldest SDK of the peer range. Then makes the packages find the SDK of
 * `newest`, a project with another one: an application with two copies of it.
 */
export async function checkSdkVersions(
  workspace: Workspace,
  packed: readonly PackedPackage[],
  newest: string,
): Promise<CheckResult[]> {
  const project = `${newest}-${oldest}`;
  await installProject(workspace, packed, project, oldest);
  writePrograms(project);
  const results: CheckResult[] = [];
  for (const file of ['all.mjs', 'all.cjs']) {
    const result = await runCommand(process.execPath, [file], { cwd: project });
    results.push(...printed(result, (name) => `${name} of ${file} runs with the SDK ${oldest}`));
  }
  const inner = join(project, 'node_modules/@x/dynamo-core/node_modules/@aws-sdk');
  mkdirSync(inner, { recursive: true });
  symlinkSync(join(newest, 'node_modules', sdk), join(inner, 'client-dynamodb'));
  writeFileSync(join(project, 'mixture.mjs'), mixture);
  const mismatch = 'two copies of the SDK are an SdkMismatchError that names both versions';
  return [...results, await checkRun(mismatch, project, 'mixture.mjs')];
}

/** Every method throws, and no limiter admits, with any policy for a store that is unavailable. */
const mixture = `import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '${sdk}';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
const versionFrom = (path) => createRequire(path)('${sdk}/package.json').version;
const theirs = versionFrom(import.meta.url);
const own = versionFrom(new URL('./node_modules/@x/dynamo-core/package.json', import.meta.url));
assert.notEqual(theirs, own);
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const dynamo = new DynamoDBClient({ region: 'local', endpoint: 'http://127.0.0.1:9', credentials });
const options = { dynamo, tableName: 'rows' };
const key = { partition: 'p', namespace: 'n', sort: 's' };
const limit = { attemptsMax: 1, validityTime: 60_000 };
for (const call of [
  () => new KeyValueTable({ namespace: 'a', ...options }).get('one'),
  () => new DynamoLock(options).tryAcquire('job'),
  () => new LimitedAttempt({ ...options, onStoreError: 'allow' }).tryAttempt(key, limit),
]) {
  await assert.rejects(call, (error) => {
    assert.equal(error.name, 'SdkMismatchError');
    assert.deepEqual([error.clientVersion, error.ownVersion], [theirs, own]);
    return error.message.includes(theirs) && error.message.includes(own);
  });
}
`;
