import { keyValueMutants } from './key-value-mutants.js';
import type { Mutant } from './mutant.js';

/** Every breakage that a test must notice. Each primitive has a file of its own beside this one. */
export const mutants: readonly Mutant[] = [...keyValueMutants];
