import ts from 'typescript';

import { parse } from '../house/syntax.js';
import { isTest, readFiles, type TextFile, type Workspace } from '../workspace.js';

/** The lines of code of one group of packages. */
export interface LinesRow {
  readonly name: string;
  readonly lines: number;
}

/** Lines that hold code: neither blank nor nothing but a comment. */
export function codeLines(file: TextFile): number {
  if (file.path.endsWith('.txt')) return file.text.match(/^[^#\n]/gm)?.length ?? 0;
  const source = parse(file);
  const lines = new Set<number>();
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    // A doc comment is a child of what it describes.
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(source);
    for (const part of parts) visit(part);
    if (parts.length > 0 || node.getWidth(source) === 0) return;
    for (let line = lineOf(node.getStart(source)); line <= lineOf(node.getEnd()); line++) {
      lines.add(line);
    }
  };
  visit(source);
  return lines.size;
}

/** What each published package has in its sources, without tests, models and mutants. */
export function linesOfPackages(workspace: Workspace): LinesRow[] {
  return workspace.published.map(({ name, folder }) => ({
    name,
    lines: sum(readFiles(workspace, `${folder}/src`, ['.ts']).filter(isShipped)),
  }));
}

/** Tooling, its tests included, with the models and mutants of packages wherever they stand. */
export function linesOfTooling(workspace: Workspace): number {
  const tooling = readFiles(workspace, `${workspace.folder}/tooling`, ['.ts', '.mjs']);
  const models = readFiles(workspace, `${workspace.folder}/packages`, ['.ts', '.txt']).filter(
    isProof,
  );
  return sum([...tooling, ...models]);
}

function isShipped({ path }: TextFile): boolean {
  return !isTest(path) && !isProof({ path });
}

function isProof({ path }: Pick<TextFile, 'path'>): boolean {
  return /[./](model|models|mutants)(\.test)?[./]/.test(path);
}

function sum(files: readonly TextFile[]): number {
  return files.reduce((total, file) => total + codeLines(file), 0);
}
