import type { AttributeValue, Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import type { Path, PathStep } from './syntax-tree.js';

/** The value at a resolved path, or `undefined` when any of its steps leads nowhere. */
export function valueAt(item: Item | undefined, path: Path): AttributeValue | undefined {
  let value: AttributeValue | undefined = item && { M: item };
  for (const step of path) {
    if (value === undefined) return undefined;
    value = memberOf(value, step);
  }
  return value;
}

/** The member of a map or the element of a list. */
export function memberOf(value: AttributeValue, step: string | number): AttributeValue | undefined {
  if (typeof step === 'number') return value.L?.[step];
  return value.M && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
}

/** The path as it is written in messages. */
export function showPath(path: Path): string {
  return `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;
}

/** Paths that are changed or returned together may not contain or contradict one another. */
export function checkDisjoint(paths: readonly Path[], what: string): void {
  // Only those of one attribute can, and most requests name each once.
  const byAttribute = new Map<PathStep | undefined, Path[]>();
  for (const path of paths) {
    const earlier = byAttribute.get(path[0]);
    if (earlier === undefined) {
      byAttribute.set(path[0], [path]);
      continue;
    }
    for (const other of earlier) checkPair(other, path, what);
    earlier.push(path);
  }
}

function checkPair(one: Path, two: Path, what: string): void {
  const shared = Math.min(one.length, two.length);
  let differsAt = 0;
  while (differsAt < shared && one[differsAt] === two[differsAt]) differsAt += 1;
  if (differsAt < shared && typeof one[differsAt] === typeof two[differsAt]) return;
  const kind = differsAt === shared ? 'overlap' : 'conflict';
  throw validationError(
    `Invalid ${what}: Two document paths ${kind} with each other; ` +
      'must remove or rewrite one of these paths; ' +
      `path one: ${showPath(one)}, path two: ${showPath(two)}`,
  );
}
