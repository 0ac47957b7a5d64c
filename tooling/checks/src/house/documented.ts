import { join } from 'node:path';

import ts from 'typescript';

import { readFiles, readSources } from '../workspace.js';
import type { Rule } from './rule.js';
import { exportSpecifiers, parse, placeOf } from './syntax.js';

/** An editor shows a doc comment to everyone who never opens the README. */
export const documented: Rule = {
  name: 'every public thing and each of its methods has a doc comment',
  problems: (workspace) =>
    workspace.published.flatMap((member) => {
      const sources = readSources(workspace, member).map(parse);
      const names = publicNames(sources.filter(isEntry));
      return sources
        .filter((source) => !isEntry(source))
        .flatMap((source) => undocumented(source, names));
    }),
};

function isEntry({ fileName }: ts.SourceFile): boolean {
  return /\/src\/(index|mechanism)\.ts$/.test(fileName);
}

/** The names that the entries of a package re-export, as they are called where they are declared. */
function publicNames(entries: readonly ts.SourceFile[]): ReadonlySet<string> {
  const specifiers = entries.flatMap(exportSpecifiers);
  return new Set(specifiers.map(({ name, propertyName }) => (propertyName ?? name).text));
}

function undocumented(source: ts.SourceFile, names: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const check = (node: ts.Node, name: string): void => {
    if (ts.getJSDocCommentsAndTags(node).length > 0) return;
    found.push(`${placeOf(source, node)} ${name} has no doc comment`);
  };
  for (const statement of source.statements) {
    const name = nameOf(statement);
    if (!isExported(statement) || !names.has(name)) continue;
    if (isFirstOf(statement, overloadsOf(statement, source.statements))) check(statement, name);
    if (!ts.isClassDeclaration(statement)) continue;
    for (const member of statement.members.filter(isPublicMethod)) {
      if (!isFirstOf(member, overloadsOf(member, statement.members))) continue;
      check(member, `${name}.${member.name.getText(source)}`);
    }
  }
  return found;
}

/** The first declaration of an overloaded function carries the docs. */
function isFirstOf(node: ts.Node, overloads: readonly ts.Node[]): boolean {
  return overloads[0] === node;
}

function overloadsOf(node: ts.Node, siblings: ts.NodeArray<ts.Node>): ts.Node[] {
  if (!canBeOverloaded(node)) return [node];
  const name = node.name?.getText();
  return siblings.filter((other) => canBeOverloaded(other) && other.name?.getText() === name);
}

function canBeOverloaded(node: ts.Node): node is ts.MethodDeclaration | ts.FunctionDeclaration {
  return ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
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

function isPublicMethod(
  member: ts.ClassElement,
): member is ts.MethodDeclaration | ts.GetAccessorDeclaration {
  if (!ts.isMethodDeclaration(member) && !ts.isGetAccessorDeclaration(member)) return false;
  // A computed name is a protocol of the language (iteration, disposal), known by itself.
  if (ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name)) return false;
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  const modifiers = ts.getModifiers(member) ?? [];
  return !modifiers.some(({ kind }) => hidden.includes(kind));
}

/** What stands on no page is found by nobody. Compat's names are those of the library that it leads from. */
export const exportsNamed: Rule = {
  name: 'a README or a page of docs names each value that an index.ts exports',
  problems: (workspace) =>
    workspace.published
      .filter(({ name }) => name !== '@x/dynamo-compat')
      .flatMap((member) => {
        const pages = [
          ...readFiles(workspace, member.folder, ['README.md']),
          ...readFiles(workspace, join(workspace.folder, 'docs'), ['.md']),
        ];
        const words = new Set(pages.flatMap(({ text }) => text.match(/\w+/g) ?? []));
        return readSources(workspace, member)
          .filter(({ path }) => path.endsWith('/src/index.ts'))
          .flatMap((file) => exportSpecifiers(parse(file)).filter((one) => !isType(one)))
          .filter(({ name }) => !words.has(name.text))
          .map(({ name }) => `${member.name} exports ${name.text}, which no page names`);
      }),
};

function isType({ isTypeOnly, parent }: ts.ExportSpecifier): boolean {
  return isTypeOnly || parent.parent.isTypeOnly;
}
