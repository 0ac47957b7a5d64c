import { readFiles } from '../workspace.js';
import type { Rule } from './rule.js';

/** A folder of tooling is entered by its README, and found by its line in ARCHITECTURE.md. */
export const toolingFolders: Rule = {
  name: 'each folder of tooling has a README, and a line in ARCHITECTURE.md',
  problems: (workspace) => {
    const files = readFiles(workspace, workspace.folder, ['.ts', '.mjs', '.md']);
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const folders = files.flatMap(({ path }) => /^tooling\/([^/]+)\//.exec(path)?.[1] ?? []);
    return [...new Set(folders)].flatMap((name) => {
      const found: string[] = [];
      if (!texts.has(`tooling/${name}/README.md`)) found.push(`tooling/${name} has no README.md`);
      if (texts.get('ARCHITECTURE.md')?.includes(`\n| \`${name}\` `) !== true)
        found.push(`ARCHITECTURE.md says in no line what tooling/${name} is for`);
      return found;
    });
  },
};
