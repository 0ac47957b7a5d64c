import { isTest, readFiles, type TextFile } from '../workspace.js';
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
  [/is at it/, 'is running it'],
  [/(?:is|are|was|were|has been|have been) over/, 'has expired, has ended'],
  [/condition met/, 'the existing row'],
  [/(?:is|are|was|were) told(?! apart)/, 'gets'],
  [/reckon(?:s|ed|ing)/, 'counts from'],
  [/need not be served first/, 'not FIFO'],
  [/wait for each other in a circle/, 'deadlock'],
  [/a wall(?! (?:time|clock))/, 'isolated'],
  [/in vain/, 'without effect'],
  [/whatever/, 'what, each, any'],
  [/that nobody/, 'that no other'],
  [/gone/, 'missing'],
].map(([phrase, plain]) => [acrossLines(phrase as RegExp), plain as string]);

/** The same with a line's end, and the beginning of a comment's next line, for each space. */
function acrossLines({ source }: RegExp): RegExp {
  const inText = source.replaceAll(' ', String.raw`[\s*/>]+`);
  return new RegExp(String.raw`\b(?:${inText})\b`, 'gi');
}

const read =
  /^packages\/[^/]+\/(?:src\/|README)|^tooling\/(?!checks\/(?:test|src\/house)\/)|^(?:docs|\.changeset)\/|^[A-Z]+\.md$/;

/** Sources, READMEs, docs and notes of changes say in plain words what they mean. */
export const plainWords: Rule = {
  name: 'sources and docs have no phrase that has to be decoded',
  problems: (workspace) =>
    readFiles(workspace, workspace.folder, ['.ts', '.mjs', '.md'])
      .filter(({ path }) => read.test(path) && !isTest(path))
      .flatMap(phrasesIn),
};

/** The phrases in one file, by line. */
export function phrasesIn({ path, text }: TextFile): string[] {
  return decoded.flatMap(([phrase, plain]) =>
    Array.from(text.matchAll(phrase), ({ index, 0: found }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${path}:${line} has "${found}": say "${plain}"`;
    }),
  );
}
