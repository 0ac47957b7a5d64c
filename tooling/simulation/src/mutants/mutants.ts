import type { Mutant } from './mutant.js';

/** Every breakage that a test must notice. */
export const mutants: readonly Mutant[] = [];
