import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { applyMutant } from './apply-mutant.js';
import { mutants } from './mutants.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('mutants have names of their own, and none is listed twice for the same test', () => {
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
