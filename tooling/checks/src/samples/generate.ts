import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import ts from 'typescript';

import type { Workspace } from '../workspace.js';
import { freeNames, importedModules, withImportsOf } from './names.js';
import { declarePlaceholders } from './placeholders.js';
import { preamble } from './preamble.js';
import { compat, type Sample } from './sample.js';

/** A sample as a module that can be compiled and run. */
export interface SampleModule {
  readonly sample: Sample;
  readonly file: string;
  /** How many lines stand before the code. */
  readonly headerLines: number;
  /** Packages that it needs and that are not in the workspace. */
  readonly missing: readonly string[];
}

/** Writes every sample as a module of its own into `folder`, which is emptied first. */
export function generateModules(
  workspace: Workspace,
  samples: readonly Sample[],
  folder: string,
): SampleModule[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'preamble'), { recursive: true });
  linkPackages(workspace, folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  writeFileSync(join(folder, 'placeholders.d.ts'), declarePlaceholders());
  writeFileSync(join(folder, 'tsconfig.json'), tsconfig(workspace));
  const exported = exportedNames(workspace);
  return samples.map((sample) => writeModule(workspace, sample, folder, exported));
}

/** Makes the packages of the workspace resolve, without naming each of them in a manifest. */
function linkPackages({ packages }: Workspace, folder: string): void {
  for (const { name, folder: target } of packages.filter(({ published }) => published)) {
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
  workspace: Workspace,
  sample: Sample,
  folder: string,
  exported: ReadonlyMap<string, readonly string[]>,
): SampleModule {
  const header = [`// ${sample.place}`, 'export {};'];
  const needed = new Set(importedModules(sample.code).filter(isOurs).map(packageOf));
  for (const name of freeNames(sample.code)) {
    const entry = Object.hasOwn(preamble, name) ? preamble[name] : undefined;
    const owners = sample.assumesImports ? (exported.get(name) ?? []) : [];
    const owner = owners.find((candidate) => candidate === sample.owner) ?? owners[0];
    if (owner !== undefined) {
      header.push(`import { ${name} } from '${owner}';`);
    } else if (entry !== undefined) {
      const isMoved = sample.owner === compat;
      const code = isMoved ? withImportsOf(compat, entry.code) : entry.code;
      const module = isMoved ? `compat-${name}` : name;
      header.push(`import { ${name} } from './preamble/${module}.js';`);
      for (const imported of importedModules(code).filter(isOurs)) needed.add(imported);
      writeFileSync(join(folder, 'preamble', `${module}.ts`), code);
    }
  }
  const names = new Set(workspace.packages.map(({ name }) => name));
  const file = join(folder, `${sample.place.replaceAll(/\W+/g, '-')}.ts`);
  writeFileSync(file, `${header.join('\n')}\n${sample.code}\n`);
  const missing = [...needed].filter((name) => !names.has(name));
  return { sample, file, headerLines: header.length, missing };
}

function isOurs(module: string): boolean {
  return module.startsWith('@x/');
}

function packageOf(module: string): string {
  return module.split('/').slice(0, 2).join('/');
}

/** Which packages export a name, core first. */
function exportedNames({ packages }: Workspace): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const core = packages.filter(({ folder }) => basename(folder) === 'dynamo-core');
  for (const { name, folder } of [...core, ...packages.filter(({ published }) => published)]) {
    const index = join(folder, 'src', 'index.ts');
    if (!existsSync(index)) continue;
    for (const exported of namesIn(readFileSync(index, 'utf8'))) {
      found.set(exported, [...(found.get(exported) ?? []), name]);
    }
  }
  return found;
}

function namesIn(index: string): string[] {
  const source = ts.createSourceFile('index.ts', index, ts.ScriptTarget.ES2022, true);
  return source.statements
    .flatMap((statement) => (ts.isExportDeclaration(statement) ? [statement.exportClause] : []))
    .filter((clause) => clause !== undefined && ts.isNamedExports(clause))
    .flatMap(({ elements }) => elements.map(({ name }) => name.text));
}
