import type { Parsed, Path } from './syntax-tree.js';
import { TokenCursor } from './token-cursor.js';

/** Parses a projection expression: paths with commas between them. */
export function parseProjection(expression: string): Parsed<readonly Path[]> {
  const cursor = new TokenCursor(expression, 'ProjectionExpression');
  const tree = [cursor.takePath()];
  while (cursor.takeSymbol(',')) tree.push(cursor.takePath());
  cursor.expectEnd();
  return cursor.parsed(tree);
}
