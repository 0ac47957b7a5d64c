import type { Item } from '@x/dynamo-core';

import { checkDisjoint } from '../expressions/document-path.js';
import {
  readPlaceholders,
  resolvePath,
  type PlaceholderInput,
  type Placeholders,
  type UsedExpressions,
} from '../expressions/placeholders.js';
import { project } from '../expressions/project.js';
import type { Database } from '../store/database.js';
import { copyItem } from '../values/copy-value.js';

/** The fields that every read with a projection has. */
export interface ProjectionInput extends PlaceholderInput {
  readonly ProjectionExpression?: string | undefined;
}

/** Turns a stored item into what the caller gets. */
export type View = (item: Item) => Item;

/** What a projection makes of a request. */
export interface Projected {
  readonly view: View;
  readonly placeholders: Placeholders;
  /** The names of the top-level attributes; `undefined` without a projection. */
  readonly projected: readonly string[] | undefined;
}

/** Reads the projection of a request, with the placeholders of all of its expressions. */
export function readProjection(
  { expressions }: Database,
  input: ProjectionInput,
  others: UsedExpressions = {},
): Projected {
  const projection = expressions.projection(input.ProjectionExpression);
  const placeholders = readPlaceholders(input, { ...others, ProjectionExpression: projection });
  const paths = projection?.tree.map((path) => resolvePath(path, placeholders));
  if (!paths) return { view: copyItem, placeholders, projected: undefined };
  checkDisjoint(paths, 'ProjectionExpression');
  return {
    view: (item) => project(item, paths),
    placeholders,
    projected: paths.map(([first]) => first as string),
  };
}
