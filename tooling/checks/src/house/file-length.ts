import { readFiles } from '../workspace.js';
import type { Rule } from './rule.js';

const linesMax = 250;

/** A file that grows beyond this holds more than one thing. A list of tests may be longer. */
export const fileLength: Rule = {
  name: `source files hold at most ${linesMax} lines`,
  problems: (workspace) =>
    workspace.packages
      .filter(({ published }) => published)
      .flatMap(({ folder }) => readFiles(workspace, `${folder}/src`, ['.ts']))
      .filter(({ path }) => !path.endsWith('.test.ts'))
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > linesMax)
      .map(({ path, lines }) => `${path} has ${lines} lines`),
};
