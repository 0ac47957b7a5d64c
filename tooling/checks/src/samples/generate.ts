import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { exportSpecifiers, parse } from '../house/syntax.js';
import { readSources, type Workspace } from '../workspace.js';
import { freeNames, withImportsOf } from './names.js';
import { declarePlaceholders } from './placeholders.js';
import { preamble, preambleNames } from './preamble.js';
import { compat, type Sample } from './sample.js';

/** A sample as a module that can be compiled and run. */
export interface SampleModule {
  readonly sample: Sample;
  readonly file: string;
  /** How many lines stand before the code. */
  readonly headerLines: number;
}

/** Writes every sample as a module of its own into `folder`, which is emptied first. */
export function generateModules(
  workspace: Workspace,
  samples: readonly Sample[],
  folder: string,
): SampleModule[] {
  rmSync(folder, { recursive: true, force: true });
  linkPackages(workspace, folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  writeFileSync(join(folder, 'placeholders.d.ts'), declarePlaceholders());
  writeFileSync(join(folder, 'tsconfig.json'), tsconfig(workspace));
  writeFileSync(join(folder, 'preamble.ts'), preamble);
  writeFileSync(join(folder, 'compat-preamble.ts'), withImportsOf(compat, preamble));
  const exported = exportedNames(workspace);
  return samples.map((sample) => writeModule(sample, folder, exported));
}

/** Makes the packages of the workspace resolve, without naming each of them in a manifest. */
function linkPackages({ published }: Workspace, folder: string): void {
  for (const { name, folder: target } of published) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(target, link, 'junction');
  }
}

/**
 * As strict as the workspace, but for what concerns a reader's settings: a sample may import a type
 * like a value and leave a result unused.
 */
function tsconfig({ folder }: Workspace): string {
  const compilerOptions = {
    verbatimModuleSyntax: false,
    isolatedDeclarations: false,
    declaration: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  return JSON.stringify({
    extends: join(folder, 'tsconfig.base.json'),
    compilerOptions,
    include: ['**/*.ts'],
  });
}

function writeModule(
  sample: Sample,
  folder: string,
  exported: ReadonlyMap<string, readonly string[]>,
): SampleModule {
  const header = [`// ${sample.place}`, 'export {};'];
  for (const name of freeNames(sample.code)) {
    const owners = sample.assumesImports ? (exported.get(name) ?? []) : [];
    const owner = owners.find((candidate) => candidate === sample.owner) ?? owners[0];
    if (owner !== undefined) {
      header.push(`import { ${name} } from '${owner}';`);
    } else if (preambleNames.has(name)) {
      const module = sample.owner === compat ? 'compat-preamble' : 'preamble';
      header.push(`import { ${name} } from './${module}.js';`);
    }
  }
  const file = join(folder, `${sample.place.replaceAll(/\W+/g, '-')}.ts`);
  writeFileSync(file, `${header.join('\n')}\n${sample.code}\n`);
  return { sample, file, headerLines: header.length };
}

/** Which packages export a name, core first. */
function exportedNames(workspace: Workspace): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const core = workspace.published.filter(({ folder }) => basename(folder) === 'dynamo-core');
  for (const member of [...core, ...workspace.published]) {
    const index = readSources(workspace, member).filter(({ path }) =>
      path.endsWith('/src/index.ts'),
    );
    for (const { name } of index.map(parse).flatMap(exportSpecifiers)) {
      found.set(name.text, [...(found.get(name.text) ?? []), member.name]);
    }
  }
  return found;
}
