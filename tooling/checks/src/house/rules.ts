import { dependencies } from './dependencies.js';
import { documented, exportsNamed } from './documented.js';
import { indexFiles, tablesExported } from './index-files.js';
import { manifests } from './manifests.js';
import { options } from './options.js';
import { readmes } from './readmes.js';
import type { Rule } from './rule.js';
import { testNames } from './test-names.js';
import { toolingFolders } from './tooling-folders.js';
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
