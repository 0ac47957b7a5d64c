import { dependencies } from './dependencies.js';
import { documented } from './documented.js';
import { indexFiles, namedExports } from './exports.js';
import { fileLength } from './file-length.js';
import { importArrows } from './import-arrows.js';
import { manifests } from './manifests.js';
import { marksLeft } from './marks.js';
import type { Rule } from './rule.js';
import { wordsUsed } from './words.js';

/** The rules of the house, in the order in which they are reported. */
export const rules: readonly Rule[] = [
  importArrows,
  dependencies,
  manifests,
  indexFiles,
  namedExports,
  documented,
  fileLength,
  marksLeft,
  wordsUsed,
];
