import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { applyMutant, mutantsIn, readMutants } from './mutant.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const mutants = readMutants(root);

test('mutantsIn() reads a mutant of several lines, and refuses one without a test', () => {
  const text = '# Why.\n[src/a.ts]\n\nIt breaks | /b.test.ts | once\n-   one\n- two\n+ 2\n';
  expect(mutantsIn(text, 'packages/x')).toEqual([
    {
      name: 'It breaks',
      file: 'packages/x/src/a.ts',
      find: '  one\ntwo',
      replace: '2',
      caughtBy: 'b.test.ts',
      test: 'once',
    },
  ]);
  expect(() => mutantsIn('[src/a.ts]\nIt breaks\n- 1', 'x')).toThrow('"It breaks" names no test');
});

test('mutants have names of their own, and none is listed twice for the same test', () => {
  expect(mutants.length).toBeGreaterThan(100);
  expect(duplicates(mutants.map(({ name }) => name))).toEqual([]);
  const judged = mutants.map(({ file, find, replace, caughtBy, test: pattern = '' }) =>
    [file, find, replace, caughtBy, pattern].join('\n'),
  );
  expect(duplicates(judged)).toEqual([]);
});

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'mutant "%s" fits the sources as they are',
  (_, mutant) => {
    const source = readFileSync(join(root, mutant.file), 'utf8');
    expect(applyMutant(source, mutant)).not.toBe(source);
    expect(existsSync(join(root, mutant.caughtBy))).toBe(true);
  },
);

function duplicates(texts: readonly string[]): string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index);
}
