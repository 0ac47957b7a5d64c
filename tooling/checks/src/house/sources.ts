import ts from 'typescript';

import { readFiles, readSources, type TextFile } from '../workspace.js';
import type { Rule } from './rule.js';
import { exportSpecifiers, parse, placeOf } from './syntax.js';

/** `index.ts` is the table of contents: it names what is public and holds nothing itself. */
export const indexFiles: Rule = {
  name: 'index.ts of a published package only re-exports by name',
  problems: (workspace) =>
    workspace.published
      .flatMap((member) => readSources(workspace, member))
      .filter(({ path }) => /^packages\/[^/]+\/src\/index\.ts$/.test(path))
      .flatMap(problemsOfIndex),
};

function problemsOfIndex(file: TextFile): string[] {
  const source = parse(file);
  if (source.statements.length === 0) return [`${file.path} exports nothing`];
  return source.statements
    .filter((statement) => !isNamedReExport(statement))
    .map((statement) => `${placeOf(source, statement)} is no named re-export`);
}

function isNamedReExport(statement: ts.Statement): boolean {
  return (
    ts.isExportDeclaration(statement) &&
    statement.moduleSpecifier !== undefined &&
    statement.exportClause !== undefined &&
    ts.isNamedExports(statement.exportClause)
  );
}

/** Who installs a package alone cannot import from those that it depends on: pnpm hides them. */
export const tablesExported: Rule = {
  name: 'what exports the definition of a table exports createTable and InvalidInputError, too',
  problems: (workspace) =>
    workspace.published
      .flatMap((member) => readSources(workspace, member))
      .flatMap((file) => {
        const names = new Set(exportSpecifiers(parse(file)).map(({ name }) => name.text));
        if (![...names].some((name) => /^[a-z]\w*sTable$/.test(name))) return [];
        return ['createTable', 'InvalidInputError']
          .filter((name) => !names.has(name))
          .map((name) => `${file.path} exports a table without ${name}`);
      }),
};

/** An option that is read from somewhere may be `undefined`: with `exactOptionalPropertyTypes`, too. */
export const options: Rule = {
  name: 'every optional property of an options type takes undefined',
  problems: (workspace) =>
    workspace.published.flatMap((member) =>
      readSources(workspace, member).map(parse).flatMap(strictOptions),
    ),
};

function strictOptions(source: ts.SourceFile): string[] {
  return source.statements
    .filter((each) => ts.isInterfaceDeclaration(each))
    .filter(({ name }) => /(Options|Props)$/.test(name.text))
    .flatMap((each) =>
      each.members
        .filter((member) => ts.isPropertySignature(member))
        .filter((member) => member.questionToken !== undefined && !takesUndefined(member, each))
        .map(
          (member) =>
            `${placeOf(source, member)} ${each.name.text}.${member.name.getText(source)} does not`,
        ),
    );
}

function takesUndefined(
  { type }: ts.PropertySignature,
  { typeParameters }: ts.InterfaceDeclaration,
): boolean {
  if (type === undefined) return true;
  const parts = ts.isUnionTypeNode(type) ? [...type.types] : [type];
  const texts = parts.map((part) => part.getText());
  const parameters = typeParameters?.map(({ name }) => name.text) ?? [];
  return texts.some((text) => ['undefined', 'unknown', ...parameters].includes(text));
}

/** Who opens a source finds its tests next to it, and who opens a test knows what it is about. */
export const testNames: Rule = {
  name: 'a unit test stands beside its source: x.test.ts or x.<aspect>.test.ts beside x.ts',
  problems: (workspace) =>
    workspace.published.flatMap(({ folder }) => {
      const paths = readFiles(workspace, folder, ['.ts']).map(({ path }) => path);
      const known = new Set(paths);
      return paths
        .filter((path) => /^packages\/[^/]+\/src\/.*\.test\.ts$/.test(path))
        .filter((path) => !known.has(sourceOf(path)))
        .map((path) => `${path} has no ${sourceOf(path)} beside it`);
    }),
};

function sourceOf(test: string): string {
  return test.replace(/[^/]*$/, (name) => `${name.slice(0, name.indexOf('.'))}.ts`);
}
