import { stripVTControlCharacters } from 'node:util';

import { expect, it } from 'vitest';

import { demo } from './demo.js';
import { openDynamo } from './open-dynamo.js';

async function run(...args: readonly string[]): Promise<{ code: number; printed: string }> {
  const printed: string[] = [];
  const code = await demo(args, {
    print: (text) => printed.push(stripVTControlCharacters(text)),
    open: () => openDynamo({ engine: 'memory' }),
  });
  return { code, printed: printed.join('\n') };
}

it('--help says what there is, and runs nothing', async () => {
  const { code, printed } = await run('--help');
  expect(code).toBe(0);
  expect(printed).toContain('npm run demo -- lock kv');
  expect(printed).toContain('Scenes: lost-response, kv, partitioned,');
  expect(printed).not.toContain('shown in');
});

it('shows the scenes that are named, and all of them with --verbose', async () => {
  const short = await run('lock');
  expect([short.code, short.printed]).toEqual([0, expect.stringMatching(/1\/1 {2}Locks/)]);
  expect(short.printed).not.toContain('IF (NOT attribute_type');
  const verbose = await run('--verbose', 'lock', 'kv');
  expect([verbose.code, verbose.printed]).toEqual([0, expect.stringMatching(/✓ 2 shown/)]);
  expect(verbose.printed).toContain('IF (NOT attribute_type');
});

it.each([
  ['lok', 'No scene is called lok: there are lost-response, kv'],
  ['--verbos', "Unknown option '--verbos'"],
])('refuses %s', async (arg, message) => {
  expect(await run(arg)).toEqual({ code: 1, printed: expect.stringContaining(message) as string });
});
