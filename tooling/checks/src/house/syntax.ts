import ts from 'typescript';

import type { TextFile } from '../workspace.js';

/** Parses a file without resolving anything, which is enough for the rules and takes milliseconds. */
export function parse({ path, text }: TextFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
}

/** `path:line` of a node, as a terminal links it. */
export function placeOf(source: ts.SourceFile, node: ts.Node): string {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return `${source.fileName}:${line + 1}`;
}

/** What a file exports by name. */
export function exportSpecifiers({ statements }: ts.SourceFile): ts.ExportSpecifier[] {
  return statements
    .flatMap((statement) => (ts.isExportDeclaration(statement) ? [statement.exportClause] : []))
    .filter((clause) => clause !== undefined && ts.isNamedExports(clause))
    .flatMap(({ elements }) => [...elements]);
}
