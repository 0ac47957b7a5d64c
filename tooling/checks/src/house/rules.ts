import { documented, exportsNamed } from './documented.js';
import { dependencies, manifests } from './manifests.js';
import { readmes, toolingFolders } from './pages.js';
import type { Rule } from './rule.js';
import { indexFiles, options, tablesExported, testNames } from './sources.js';
import { plainWords, wordsUsed } from './words.js';

/** The rules of the house, in the order in which they are reported. */
export const rules: readonly Rule[] = [
  dependencies,
  manifests,
  indexFiles,
  tablesExported,
  documented,
  exportsNamed,
  options,
  readmes,
  testNames,
  toolingFolders,
  wordsUsed,
  plainWords,
];
