import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import ts from 'typescript';

import { readFiles, readSources, type Workspace } from '../workspace.js';
import type { Rule } from './rule.js';
import { exportSpecifiers, parse, placeOf } from './syntax.js';

/** An editor shows a doc comment to everyone who never opens the README. */
export const documented: Rule = {
  name: 'every public thing and each of its methods has a doc comment',
  problems: (workspace) =>
    workspace.published.flatMap(({ folder }) => {
      const entries = ['index', 'mechanism'].map((name) => join(folder, 'src', `${name}.ts`));
      return undocumented(workspace, entries.filter(existsSync));
    }),
};

const { Alias, Class, GetAccessor, Method } = ts.SymbolFlags;
const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

function undocumented(workspace: Workspace, entries: readonly string[]): string[] {
  const program = programOf(entries);
  const checker = program.getTypeChecker();
  const found = new Set<string>();
  const check = (symbol: ts.Symbol, name: string): void => {
    const [first] = symbol.declarations ?? [];
    const docs = [...symbol.getDocumentationComment(checker), ...symbol.getJsDocTags(checker)];
    if (first === undefined || docs.length > 0) return;
    const place = relative(workspace.folder, placeOf(first.getSourceFile(), first));
    found.add(`${place.replaceAll('\\', '/')} ${name} has no doc comment`);
  };
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & Alias) !== 0;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      check(symbol, symbol.name);
      if ((symbol.flags & Class) === 0) continue;
      for (const member of [
        ...(symbol.members?.values() ?? []),
        ...(symbol.exports?.values() ?? []),
      ])
        if (isPublicMethod(member)) check(member, `${symbol.name}.${member.name}`);
    }
  }
  return [...found];
}

/** The modules of one package, of which nothing else is resolved. */
function programOf(entries: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [] };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      const resolvedFileName = join(dirname(from), text.replace(/\.js$/, '.ts'));
      const resolvedModule = { resolvedFileName, extension: ts.Extension.Ts };
      return { resolvedModule: text.startsWith('.') ? resolvedModule : undefined };
    });
  return ts.createProgram(entries, options, host);
}

/** A name that is computed begins with `__`: a protocol of the language, known by itself. */
function isPublicMethod({ flags, name, valueDeclaration }: ts.Symbol): boolean {
  if ((flags & (Method | GetAccessor)) === 0 || /^(__|#)/.test(name)) return false;
  return (
    valueDeclaration !== undefined && (ts.getCombinedModifierFlags(valueDeclaration) & hidden) === 0
  );
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
