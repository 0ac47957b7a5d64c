import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { createFixture } from './fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What the linter says of a file under the configuration of this repository. */
function lint(code: string): { code: number | null; output: string } {
  using fixture = createFixture({
    'tsconfig.json': '{ "compilerOptions": { "strict": true }, "include": ["*.ts"] }',
    'planted.ts': code,
  });
  symlinkSync(join(root, 'node_modules'), join(fixture.folder, 'node_modules'), 'junction');
  const args = ['-c', join(root, '.oxlintrc.json'), '--deny-warnings', 'planted.ts'];
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { status, stdout, stderr } = spawnSync(process.execPath, [oxlint, ...args], {
    cwd: fixture.folder,
    encoding: 'utf8',
  });
  return { code: status, output: `${stdout}${stderr}` };
}

const declared = 'declare const client: { send(): Promise<number> };\n';

describe('the lint configuration', () => {
  it.each([
    ['a floating promise', 'client.send();'],
    ['a promise thrown away with void', 'void client.send();'],
    ['a promise without a rejection handler', 'client.send().then((sent) => sent + 1);'],
    ['a promise in a loop', 'for (const _ of [1, 2]) client.send();'],
  ])('catches %s', (_, statement) => {
    const { code, output } = lint(`${declared}${statement}\n`);
    expect(output).toContain('no-floating-promises');
    expect(code).toBe(1);
  });

  it('catches a promise that stands where a condition is meant', () => {
    const { code, output } = lint(`${declared}export const sent = client.send() ? 1 : 2;\n`);
    expect(output).toContain('no-misused-promises');
    expect(code).toBe(1);
  });

  it('lets an awaited promise pass', () => {
    const { code, output } = lint(`${declared}export const sent = await client.send();\n`);
    expect(output).toContain('Found 0 warnings and 0 errors');
    expect(code).toBe(0);
  });
});
