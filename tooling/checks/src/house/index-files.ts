import ts from 'typescript';

import { readSources, type TextFile } from '../workspace.js';
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
