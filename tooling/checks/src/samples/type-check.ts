import { join } from 'node:path';

import ts from 'typescript';

import type { SampleModule } from './generate.js';

/** Type-checks all modules in one go and returns what is wrong with each, by its file. */
export function typeCheck(
  modules: readonly SampleModule[],
  folder: string,
): ReadonlyMap<string, readonly string[]> {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), (path) =>
    ts.sys.readFile(path),
  ) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const ambient = join(folder, 'placeholders.d.ts');
  const program = ts.createProgram([ambient, ...modules.map(({ file }) => file)], options);
  return new Map(
    modules.map((module) => {
      const source = program.getSourceFile(module.file);
      const diagnostics = ts.getPreEmitDiagnostics(program, source);
      return [module.file, diagnostics.map((diagnostic) => describe(diagnostic, module))];
    }),
  );
}

function describe({ file, start, messageText }: ts.Diagnostic, module: SampleModule): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return message;
  return `${placeIn(module, file.getLineAndCharacterOfPosition(start).line + 1)} ${message}`;
}

/** A line of the module as a line of the text that the sample stands in. */
export function placeIn({ sample, headerLines }: SampleModule, line: number): string {
  return `${sample.path}:${Math.max(line - headerLines, 1) + sample.line - 1}`;
}
