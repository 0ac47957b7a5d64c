/** One deliberate breakage, and the test that must notice it. */
export interface Mutant {
  /** What is broken, as a short sentence that is unique in the list. */
  readonly name: string;
  /** The file that is changed, from the root of the workspace. */
  readonly file: string;
  /** A text that stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test file that must fail, from the root of the workspace. */
  readonly caughtBy: string;
  /** Runs only the tests of that file whose name matches this pattern. */
  readonly test?: string | undefined;
}

/** What became of one mutant. */
export interface MutantReport {
  readonly mutant: Mutant;
  /**
   * - `caught`: a test failed, as it should;
   * - `survived`: every test passed, so that this breakage would go unnoticed;
   * - `invalid`: nothing was shown: `find` does not stand there once, the tests fail without the
   *   mutant as well, or the changed code does not load.
   */
  readonly outcome: 'caught' | 'survived' | 'invalid';
  /** Which test failed, or why nothing was shown. */
  readonly detail: string;
}
