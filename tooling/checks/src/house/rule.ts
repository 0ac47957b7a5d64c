import type { Workspace } from '../workspace.js';

/** One rule of the house. */
export interface Rule {
  readonly name: string;
  /** Every place that breaks the rule, as `path:line what is wrong`. */
  problems(workspace: Workspace): string[];
}
