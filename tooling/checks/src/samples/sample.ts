/** The package that has all that the frozen samples import. */
export const compat = '@x/dynamo-compat';

/** One code sample of the docs, to be compiled and run. */
export interface Sample {
  /** `path:line` of its first line of code. */
  readonly place: string;
  readonly path: string;
  /** The line of `path` on which the code begins. */
  readonly line: number;
  readonly code: string;
  /** Whether it is executed, or only type-checked (` ```ts no-run`). */
  readonly runs: boolean;
  /**
   * Whether names that a package exports need no import here: in doc comments, whose reader sees
   * where they are, and in the samples that must keep working as they were written.
   */
  readonly assumesImports: boolean;
  /** The package whose doc comment it stands in, or that all of it comes from. */
  readonly owner?: string | undefined;
}
