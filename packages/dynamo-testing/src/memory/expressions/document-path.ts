import type { AttributeValue, Item } from '@x/dynamo-core';

import { validationError } from '../service-errors.js';
import type { Path } from './syntax-tree.js';

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
  paths.forEach((path, index) => {
    for (const earlier of paths.slice(0, index)) checkPair(earlier, path, what);
  });
}

function checkPair(one: Path, two: Path, what: string): void {
  const shared = Math.min(one.length, two.length);
  let differsAt = 0;
  while (differsAt < shared && one[differsAt] === two[differsAt]) differsAt += 1;
  const suffix = `path one: ${showPath(one)}, path two: ${showPath(two)}`;
  if (differsAt === shared) {
    throw validationError(
      `Invalid ${what}: Two document paths overlap with each other; ` +
        `must remove or rewrite one of these paths; ${suffix}`,
    );
  }
  if (typeof one[differsAt] !== typeof two[differsAt]) {
    throw validationError(
      `Invalid ${what}: Two document paths conflict with each other; ` +
        `must remove or rewrite one of these paths; ${suffix}`,
    );
  }
}
