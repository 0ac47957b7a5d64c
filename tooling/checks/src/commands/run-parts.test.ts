import { execFile } from 'node:child_process';

import { expect, test } from 'vitest';

interface Ended {
  readonly code: number;
  readonly printed: string;
}

const commands = new URL('../../../commands/lib/', import.meta.url);

/** Runs parts in a process of its own, each a script of Node.js. */
function runParts(scripts: Readonly<Record<string, string>>): Promise<Ended> {
  const parts = Object.entries(scripts).map(
    ([name, script]) =>
      `{ name: '${name}', about: '', run: () => follow(process.execPath, ['-e', ${JSON.stringify(script)}]) }`,
  );
  const program = `import { follow } from '${commands.href}process.mjs';
import { runParts } from '${commands.href}run-parts.mjs';
await runParts([${parts.join(', ')}]);`;
  return new Promise((resolve) => {
    const args = ['--input-type=module', '-e', program];
    execFile(process.execPath, args, (error, printed) =>
      resolve({ code: Number(error?.code ?? 0), printed }),
    );
  });
}

const lines = (print: string, name: string): string =>
  `for (let line = 1; line <= 30; line++) console.${print}('${name} ' + line);`;

test.each(['log', 'error'])(
  'runParts() says the last lines of what failed once more, after the summary: console.%s()',
  async (print) => {
    const { code, printed } = await runParts({
      soak: `${lines(print, 'soak')} process.exitCode = 3;`,
      sizes: lines('log', 'size'),
    });
    const [before = '', after = ''] = printed.split('── summary');
    expect(before).toContain('size 1\n');
    const last = Array.from({ length: 20 }, (_, index) => `    soak ${index + 11}\n`);
    expect(after).toContain(`✗ soak: ended with\n${last.join('')}\n1 passed, 1 failed`);
    expect(after).not.toContain('size 30');
    expect(code).toBe(1);
  },
);

test('runParts() passes on what a part prints, and says nothing more of what went well', async () => {
  const { code, printed } = await runParts({
    sizes: `process.stdout.write('as small as before');`,
  });
  expect(printed.split('as small as before')).toHaveLength(2);
  expect(printed).toContain('1 passed, 0 failed');
  expect(code).toBe(0);
});
