import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { createFixture } from './fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const client = 'declare const client: { send(): Promise<number> };\n';
const source = 'packages/dynamo-kv/src';
/** Put together here, as a search for it should find nothing. */
const unfinished = ['TO', 'DO'].join('');
const tests = "import { describe, it } from 'vitest';\n";

/** A rule, what breaks it, the file, and where it stands (a file of no package when left out). */
type Planted = readonly [rule: string, what: string, code: string, folder?: string];

/** Code as texts: each breaks a rule on purpose, and the linter has to find it. */
const planted: readonly Planted[] = [
  ['no-floating-promises', 'a floating promise', `${client}client.send();`],
  ['no-floating-promises', 'a promise thrown away with void', `${client}void client.send();`],
  [
    'no-floating-promises',
    'a promise without a rejection handler',
    `${client}client.send().then((sent) => sent + 1);`,
  ],
  [
    'no-misused-promises',
    'a promise that stands where a condition is meant',
    `${client}export const sent = client.send() ? 1 : 2;`,
  ],
  ['no-focused-tests', 'a focused test', `${tests}it.only('a', () => {});`],
  ['no-disabled-tests', 'a skipped test', `${tests}describe.skip('a', () => {});`],
  ['warn-todo', 'a test that is still to be written', `${tests}it.todo('a');`],
  ['no-warning-comments', 'a note of unfinished work', `// ${unfinished} later\nexport {};`],
  ['ban-ts-comment', 'a silenced type error', '// @ts-ignore\nexport {};'],
  ['no-explicit-any', 'a cast to any', 'export const a = 1 as any;'],
  ['no-default-export', 'a default export', 'export default 1;'],
  ['no-default-export', 'a named default', 'const a = 1;\nexport { a as default };'],
  ['no-restricted-imports', 'a sideways import', `import '@x/dynamo-lock';`, source],
  [
    'no-restricted-imports',
    'an import of the tooling',
    `import type { A } from '@x/checks';\nexport type B = A;`,
    source,
  ],
  ['no-restricted-imports', 'a re-export', `export { a } from '@x/soak';`, source],
  ['max-lines', 'a long file', 'export {};\n'.repeat(251), source],
];

/** Code that looks like that, and breaks none. */
const sound: readonly (readonly [what: string, code: string, folder?: string])[] = [
  ['an awaited promise', `${client}export const sent = await client.send();`],
  ['a comment that says the two words of a cast', '// as any other\nexport const a = 1;'],
  [
    'core and its subpaths',
    `export { documentCodec } from '@x/dynamo-core/document-codec';`,
    source,
  ],
  ['many comments', `${'// why\n'.repeat(300)}export const a = 1;`, source],
];

describe('the lint configuration', () => {
  // One process for all of them: most of its time goes into its start.
  const found = lint([
    ...planted.map(([, , code, folder]) => ({ code, folder })),
    ...sound.map(([, code, folder]) => ({ code, folder })),
  ]);

  it.each(planted.map(([rule, what], index) => [rule, what, index] as const))(
    'catches with %s %s',
    (rule, _, index) => {
      expect(found[index]).toContainEqual(expect.stringContaining(rule));
    },
  );

  it.each(sound.map(([what], index) => [what, planted.length + index] as const))(
    'lets pass %s',
    (_, index) => {
      expect(found[index]).toEqual([]);
    },
  );
});

/** The rules that each file breaks under the configuration of this repository. */
function lint(files: readonly { code: string; folder?: string | undefined }[]): string[][] {
  const paths = files.map(({ folder = '.' }, index) => join(folder, `planted-${index}.ts`));
  using fixture = createFixture({
    '.oxlintrc.json': readFileSync(join(root, '.oxlintrc.json'), 'utf8'),
    'tsconfig.json': '{ "compilerOptions": { "strict": true }, "include": ["**/*.ts"] }',
    ...Object.fromEntries(files.map(({ code }, index) => [paths[index], `${code}\n`])),
  });
  symlinkSync(join(root, 'node_modules'), join(fixture.folder, 'node_modules'), 'junction');
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const args = [oxlint, '--deny-warnings', '--format=json', ...paths];
  const { stdout } = spawnSync(process.execPath, args, { cwd: fixture.folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: readonly { code: string; filename: string }[];
  };
  return paths.map((path) =>
    diagnostics.filter(({ filename }) => filename === path).map(({ code }) => code),
  );
}
