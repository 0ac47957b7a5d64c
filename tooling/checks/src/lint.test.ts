import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { createFixture } from './fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const client = 'declare const client: { send(): Promise<number> };\n';
const source = 'packages/dynamo-kv/src';
/** Put together here, as a search for it should find nothing. */
const unfinished = ['TO', 'DO'].join('');
const tests = "import { describe, it } from 'vitest';\n";

/** A rule that the code breaks on purpose, or none, and where it stands: a file of no package when left out. */
type Planted = readonly [rule: string, what: string, code: string, folder?: string];

const none = 'no rule';
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
  [none, 'an awaited promise', `${client}export const sent = await client.send();`],
  [none, 'a comment that says the two words of a cast', '// as any other\nexport const a = 1;'],
  [
    none,
    'core and its subpaths',
    `export { documentCodec } from '@x/dynamo-core/document-codec';`,
    source,
  ],
  [none, 'many comments', `${'// why\n'.repeat(300)}export const a = 1;`, source],
];

// One process for all of them: most of its time goes into its start.
const found = lint(planted);

it.each(planted.map(([rule, what]) => [rule, what] as const))(
  '%s of the lint configuration is broken by %s',
  (rule, what) => {
    const names = found.get(what) ?? [what];
    const isRight = rule === none ? names.length === 0 : names.some((one) => one.includes(rule));
    expect({ names, isRight }).toEqual({ names, isRight: true });
  },
);

/** The rules that each text breaks under the configuration of this repository, by what it is. */
function lint(texts: readonly Planted[]): ReadonlyMap<string, readonly string[]> {
  const files = texts.map(([, what, code, folder = '.'], index) => {
    return { what, code, path: join(folder, `planted-${index}.ts`) };
  });
  using fixture = createFixture({
    '.oxlintrc.json': readFileSync(join(root, '.oxlintrc.json'), 'utf8'),
    'tsconfig.json': '{ "compilerOptions": { "strict": true }, "include": ["**/*.ts"] }',
    ...Object.fromEntries(files.map(({ path, code }) => [path, `${code}\n`])),
  });
  symlinkSync(join(root, 'node_modules'), join(fixture.folder, 'node_modules'), 'junction');
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const args = [oxlint, '--deny-warnings', '--format=json', ...files.map(({ path }) => path)];
  const { stdout } = spawnSync(process.execPath, args, { cwd: fixture.folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: readonly { code: string; filename: string }[];
  };
  const codesIn = (path: string): string[] =>
    diagnostics.filter(({ filename }) => filename === path).map(({ code }) => code);
  return new Map(files.map(({ what, path }) => [what, codesIn(path)]));
}
