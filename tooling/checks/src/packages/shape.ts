import { readFileSync } from 'node:fs';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import type { CheckResult } from '../report.js';
import { runCommand } from './command.js';
import type { PackedPackage } from './pack.js';

/** publint on the tarball: are the files there that the manifest names, in the right format? */
export async function checkManifest({ member, tarball }: PackedPackage): Promise<CheckResult> {
  const bytes = readFileSync(tarball);
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: content }, strict: true });
  const problems = messages.map((message) => formatMessage(message, pkg) ?? message.code);
  return { name: `${member.name}: publint`, problems };
}

/** Are the types wrong? From ESM, from CJS and from a bundler, for every entry. */
export async function checkTypes({ member, tarball }: PackedPackage): Promise<CheckResult> {
  const name = `${member.name}: are the types wrong?`;
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (analysis.types === false) return { name, problems: ['it has no types'] };
  // Resolution without an exports map is what no supported Node.js does.
  const problems = analysis.problems
    .filter((problem) => !('resolutionKind' in problem) || problem.resolutionKind !== 'node10')
    .map((problem) => JSON.stringify(problem));
  return { name, problems };
}

/** The tarball holds what it should and no tests. */
export async function checkContents({ member, tarball }: PackedPackage): Promise<CheckResult> {
  const { output } = await runCommand('tar', ['-tzf', tarball], { cwd: member.folder });
  const files = output.split('\n');
  const entries = Object.keys(member.manifest.exports ?? {})
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => (subpath === '.' ? 'index' : subpath.slice(2)))
    .flatMap((entry) => [`dist/${entry}.js`, `dist/${entry}.cjs`, `src/${entry}.ts`]);
  const missing = ['README.md', 'LICENSE', ...entries]
    .filter((file) => !files.includes(`package/${file}`))
    .map((file) => `it lacks ${file}`);
  const superfluous = files
    .filter((file) => /\.test(-d)?\.ts$|\.tsbuildinfo$|\/test\//.test(file))
    .map((file) => `it holds ${file}`);
  return { name: `${member.name}: contents`, problems: [...missing, ...superfluous] };
}
