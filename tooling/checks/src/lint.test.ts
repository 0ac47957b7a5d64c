import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { createFixture } from './fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What the linter says of a file under the configuration of this repository. */
function lint(code: string, path: string = 'planted.ts'): { code: number | null; output: string } {
  using fixture = createFixture({
    '.oxlintrc.json': readFileSync(join(root, '.oxlintrc.json'), 'utf8'),
    'tsconfig.json': '{ "compilerOptions": { "strict": true }, "include": ["**/*.ts"] }',
    [path]: code,
  });
  symlinkSync(join(root, 'node_modules'), join(fixture.folder, 'node_modules'), 'junction');
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [oxlint, '--deny-warnings', path],
    { cwd: fixture.folder, encoding: 'utf8' },
  );
  return { code: status, output: `${stdout}${stderr}` };
}

const client = 'declare const client: { send(): Promise<number> };\n';
const source = 'packages/dynamo-kv/src/planted.ts';
/** Put together here, as a search for it should find nothing. */
const unfinished = ['TO', 'DO'].join('');
const tests = "import { describe, it } from 'vitest';\n";

describe('the lint configuration', () => {
  it.each([
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
  ])('catches with %s %s', (rule, _, code, path?: string) => {
    const linted = lint(`${code}\n`, path);
    expect(linted.output).toContain(rule);
    expect(linted.code).toBe(1);
  });

  it.each([
    ['an awaited promise', `${client}export const sent = await client.send();`],
    ['a comment that says the two words of a cast', '// as any other\nexport const a = 1;'],
    [
      'core and its subpaths',
      `export { documentCodec } from '@x/dynamo-core/document-codec';`,
      source,
    ],
    ['many comments', `${'// why\n'.repeat(300)}export const a = 1;`, source],
  ])('lets pass %s', (_, code, path?: string) => {
    const linted = lint(`${code}\n`, path);
    expect(linted.output).toContain('Found 0 warnings and 0 errors');
    expect(linted.code).toBe(0);
  });
});
