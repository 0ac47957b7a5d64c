import { readFiles } from '../workspace.js';
import type { Rule } from './rule.js';

/** Who opens a source finds its tests next to it, and who opens a test knows what it is about. */
export const testNames: Rule = {
  name: 'a unit test stands beside its source: x.test.ts or x.<aspect>.test.ts beside x.ts',
  problems: (workspace) =>
    workspace.published.flatMap(({ folder }) => {
      const paths = readFiles(workspace, folder, ['.ts']).map(({ path }) => path);
      const known = new Set(paths);
      return paths
        .filter((path) => /^packages\/[^/]+\/src\/.*\.test\.ts$/.test(path))
        .filter((path) => !known.has(sourceOf(path)))
        .map((path) => `${path} has no ${sourceOf(path)} beside it`);
    }),
};

function sourceOf(test: string): string {
  return test.replace(/[^/]*$/, (name) => `${name.slice(0, name.indexOf('.'))}.ts`);
}
