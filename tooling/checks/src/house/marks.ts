import ts from 'typescript';

import { readFiles, type TextFile } from '../workspace.js';
import type { Rule } from './rule.js';
import { parse, placeOf } from './syntax.js';

/** Each with a name, as the patterns must not match themselves here. */
const marks: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'a focused test', pattern: /\b(?:it|test|describe|suite|bench)\.only\b/ },
  { name: 'a skipped test', pattern: /\b(?:it|test|describe|suite|bench)\.(?:skip|todo)\b/ },
  { name: 'a note of unfinished work', pattern: /\b(?:TO[D]O|FIX[M]E|XX[X])\b/ },
  { name: 'a silenced type error', pattern: /@ts-(?:ignore|nocheck)\b/ },
];

/** What is half done or switched off does not land. */
export const marksLeft: Rule = {
  name: 'no focused or skipped test, no unfinished work, no silenced type error',
  problems: (workspace) =>
    ['packages', 'tooling']
      .flatMap((group) => readFiles(workspace, `${workspace.folder}/${group}`, ['.ts', '.mjs']))
      .filter(({ path }) => !path.startsWith('tooling/checks/src/house/'))
      .flatMap(marksIn),
};

function marksIn(file: TextFile): string[] {
  const written = file.text
    .split('\n')
    .flatMap((line, index) =>
      marks
        .filter(({ pattern }) => pattern.test(line))
        .map(({ name }) => `${file.path}:${index + 1} has ${name}`),
    );
  return [...written, ...castsToAny(parse(file))];
}

/** Found in the syntax: a comment may well say "as any other". */
function castsToAny(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isAsExpression(node) && node.type.kind === ts.SyntaxKind.AnyKeyword) {
      found.push(`${placeOf(source, node)} has a cast to any`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
