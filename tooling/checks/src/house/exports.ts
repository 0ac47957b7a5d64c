import ts from 'typescript';

import { readSources, type TextFile } from '../workspace.js';
import type { Rule } from './rule.js';
import { parse, placeOf } from './syntax.js';

/** A default export has no name of its own: every importer would choose another. */
export const namedExports: Rule = {
  name: 'sources have no default export',
  problems: (workspace) =>
    workspace.packages
      .flatMap((member) => readSources(workspace, member))
      .flatMap((file) => defaultExports(parse(file))),
};

function defaultExports(source: ts.SourceFile): string[] {
  return source.statements
    .filter(isDefaultExport)
    .map((statement) => `${placeOf(source, statement)} exports a default`);
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    return (
      clause !== undefined &&
      ts.isNamedExports(clause) &&
      clause.elements.some(({ name }) => name.text === 'default')
    );
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

/** `index.ts` is the table of contents: it names what is public and holds nothing itself. */
export const indexFiles: Rule = {
  name: 'index.ts of a published package only re-exports by name',
  problems: (workspace) =>
    workspace.packages
      .filter(({ published }) => published)
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
