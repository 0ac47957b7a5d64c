import ts from 'typescript';

import { readSources } from '../workspace.js';
import type { Rule } from './rule.js';
import { parse, placeOf } from './syntax.js';

/** An editor shows a doc comment to everyone who never opens the README. */
export const documented: Rule = {
  name: 'every public thing and each of its methods has a doc comment',
  problems: (workspace) =>
    workspace.packages
      .filter(({ published }) => published)
      .flatMap((member) => {
        const sources = readSources(workspace, member).map(parse);
        const names = publicNames(sources.filter(isEntry));
        return sources
          .filter((source) => !isEntry(source))
          .flatMap((source) => undocumented(source, names));
      }),
};

function isEntry({ fileName }: ts.SourceFile): boolean {
  return fileName.endsWith('/src/index.ts');
}

/** The names that the entries of a package re-export, as they are called where they are declared. */
function publicNames(entries: readonly ts.SourceFile[]): ReadonlySet<string> {
  const clauses = entries
    .flatMap(({ statements }) => [...statements])
    .flatMap((statement) => (ts.isExportDeclaration(statement) ? [statement.exportClause] : []));
  return new Set(
    clauses
      .filter((clause) => clause !== undefined && ts.isNamedExports(clause))
      .flatMap(({ elements }) =>
        elements.map(({ name, propertyName }) => (propertyName ?? name).text),
      ),
  );
}

function undocumented(source: ts.SourceFile, names: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const check = (node: ts.Node, name: string): void => {
    if (ts.getJSDocCommentsAndTags(node).length > 0) return;
    found.push(`${placeOf(source, node)} ${name} has no doc comment`);
  };
  for (const statement of source.statements) {
    if (!isExported(statement)) continue;
    const name = nameOf(statement);
    if (!names.has(name)) continue;
    if (!isOverload(statement)) check(statement, name);
    if (!ts.isClassDeclaration(statement)) continue;
    for (const member of statement.members) {
      if (isPublicMethod(member)) check(member, `${name}.${member.name.getText(source)}`);
    }
  }
  return found;
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations[0]?.name.getText() ?? '';
  }
  const { name } = statement as ts.DeclarationStatement;
  return name?.getText() ?? 'the export';
}

/** The body behind overloads, which no caller sees. */
function isOverload(node: ts.Node): boolean {
  if (!ts.isFunctionDeclaration(node) || node.body === undefined) return false;
  return node
    .getSourceFile()
    .statements.some(
      (other) =>
        other !== node && ts.isFunctionDeclaration(other) && other.name?.text === node.name?.text,
    );
}

function isPublicMethod(
  member: ts.ClassElement,
): member is ts.MethodDeclaration | ts.GetAccessorDeclaration {
  if (!ts.isMethodDeclaration(member) && !ts.isGetAccessorDeclaration(member)) return false;
  // A computed name is a protocol of the language (iteration, disposal), known by itself.
  if (ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name)) return false;
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  const modifiers = ts.getModifiers(member) ?? [];
  if (modifiers.some(({ kind }) => hidden.includes(kind))) return false;
  return !hasOverloads(member);
}

/** The implementation of an overloaded method: its overloads carry the docs. */
function hasOverloads(member: ts.MethodDeclaration | ts.GetAccessorDeclaration): boolean {
  if (!ts.isMethodDeclaration(member) || member.body === undefined) return false;
  const { parent } = member;
  return (
    ts.isClassLike(parent) &&
    parent.members.some(
      (other) =>
        other !== member &&
        ts.isMethodDeclaration(other) &&
        other.name.getText() === member.name.getText(),
    )
  );
}
