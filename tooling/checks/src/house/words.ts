import { readFiles, type TextFile } from '../workspace.js';
import type { Rule } from './rule.js';

/** Names of other people's libraries that only the migration guide may use. */
const words = /paradox(?=ical)|common(?=-aws\b)/i;

/** Only the migration guide and compat speak of the library that they lead away from. */
export const wordsUsed: Rule = {
  name: 'only MIGRATING.md and dynamo-compat name the library that they lead away from',
  problems: (workspace) =>
    readFiles(workspace, workspace.folder, ['.ts', '.mjs', '.md', '.json', '.yaml', '.yml'])
      .filter(({ path }) => path !== 'MIGRATING.md' && !path.startsWith('packages/dynamo-compat/'))
      .flatMap(wordsIn),
};

function wordsIn({ path, text }: TextFile): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1} names it`] : []));
}
