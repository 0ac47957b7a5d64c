import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { fencedBlocks } from '../samples/fenced-blocks.js';

/** The pages of the docs that show a test of a runner, and the ending of its files. */
const pages = {
  'jest.md': 'jest.cjs',
  'vitest.md': 'vitest.mjs',
  'node-test.md': 'node-test.mjs',
};

/** Writes each test of the pages as a file of its runner, as a reader would who copies it. */
export function writePages(workspace: string, project: string): void {
  for (const [page, ending] of Object.entries(pages)) {
    const text = readFileSync(join(workspace, 'docs/testing', page), 'utf8');
    const tests = fencedBlocks(text, ['js', 'ts']).filter(({ code }) => code.includes('test('));
    if (tests.length === 0) throw new Error(`docs/testing/${page} shows no test`);
    tests.forEach(({ code }, index) => {
      writeFileSync(join(project, `page-${index + 1}.${ending}`), withoutTypes(code));
    });
  }
}

/** `await using` is not yet in every runtime. */
function withoutTypes(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
