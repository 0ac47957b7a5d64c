import { join } from 'node:path';

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

/** Phrases that have to be decoded, with what is plain. */
const decoded: readonly (readonly [phrase: RegExp, plain: string])[] = [
  [/\bis at it\b/i, 'is running it'],
  [/\b(is|has been) over\b/i, 'has expired, has ended'],
  [/\bcondition met\b/i, 'the existing row'],
  [/\bis told\b/i, 'gets'],
  [/\bis reckoned\b/i, 'counts from'],
  [/\bneed not be served first\b/i, 'not FIFO'],
  [/\bwait for each other in a circle\b/i, 'deadlock'],
  [/\ba wall\b(?! (time|clock))/i, 'isolated'],
  [/\bin vain\b/i, 'without effect'],
  [/\bwhatever\b/i, 'what, each, any'],
  [/\bthat nobody\b/i, 'that no other'],
  [/\bgone\b/i, 'missing'],
];

/** Sources and READMEs of packages say in plain words what they mean. */
export const plainWords: Rule = {
  name: 'sources and READMEs of packages have no phrase that has to be decoded',
  problems: (workspace) =>
    readFiles(workspace, join(workspace.folder, 'packages'), ['.ts', 'README.md'])
      .filter(({ path }) => /\/src\/|README/.test(path) && !path.endsWith('.test.ts'))
      .flatMap(phrasesIn),
};

/** The phrases in one file, by line. */
export function phrasesIn({ path, text }: TextFile): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      decoded
        .filter(([phrase]) => phrase.test(line))
        .map(([phrase, plain]) => `${path}:${index + 1} has ${phrase.source}: say "${plain}"`),
    );
}
