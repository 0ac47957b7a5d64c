import { createRequire } from 'node:module';
import { join } from 'node:path';

import { runCommand } from '../packages/command.js';
import type { SampleModule } from './generate.js';

const compiler = join(
  createRequire(import.meta.url).resolve('typescript-7/package.json'),
  '../bin/tsc',
);

/** Type-checks all modules in one go and returns what is wrong with each, by its file. */
export async function typeCheck(
  modules: readonly SampleModule[],
  folder: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const args = [compiler, '--noEmit', '--pretty', 'false', '-p', folder];
  const { ok, output } = await runCommand(process.execPath, args, { cwd: folder });
  const wrong = new Map(modules.map(({ file }) => [file, [] as string[]]));
  const errors = [...output.matchAll(/^(.+)\((\d+),\d+\): error \w+: (.*)$/gm)];
  for (const [text, path = '', line, message] of errors) {
    const module = modules.find(({ file }) => file === join(folder, path));
    if (module === undefined) throw new Error(`Cannot check the samples: ${text}`);
    wrong.get(module.file)?.push(`${placeIn(module, Number(line))} ${message}`);
  }
  if (!ok && errors.length === 0) throw new Error(`Cannot check the samples: ${output}`);
  return wrong;
}

/** A line of the module as a line of the text that the sample stands in. */
function placeIn({ sample, headerLines }: SampleModule, line: number): string {
  return `${sample.path}:${Math.max(line - headerLines, 1) + sample.line - 1}`;
}
