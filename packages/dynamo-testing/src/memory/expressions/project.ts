import type { AttributeValue, Item } from '@x/dynamo-core';

import { copyValue, setAttribute } from '../values/copy-value.js';
import { memberOf } from './document-path.js';
import type { Path, PathStep } from './syntax-tree.js';

/** What is wanted below a step: parts of it, or `'all'` of it. */
type Wanted = Map<PathStep, Wanted | 'all'>;

/** A copy of those parts of an item that lie on the (resolved) paths. */
export function project(item: Item, paths: readonly Path[]): Item {
  return pick({ M: item }, wantedBy(paths))?.M ?? {};
}

function wantedBy(paths: readonly Path[]): Wanted {
  const root: Wanted = new Map();
  for (const path of paths) want(root, path);
  return root;
}

/** The shorter of two paths that overlap wins. */
function want(wanted: Wanted, [step, ...rest]: Path): void {
  if (step === undefined || wanted.get(step) === 'all') return;
  if (rest.length === 0) {
    wanted.set(step, 'all');
    return;
  }
  const known = wanted.get(step);
  const below: Wanted = known instanceof Map ? known : new Map();
  wanted.set(step, below);
  want(below, rest);
}

/** The wanted parts of a value, or `undefined` when it has none of them. */
function pick(value: AttributeValue, wanted: Wanted | 'all'): AttributeValue | undefined {
  if (wanted === 'all') return copyValue(value);
  const picked = [...wanted]
    .map(([step, below]) => {
      const member = memberOf(value, step);
      return { step, member: member && pick(member, below) };
    })
    .filter(({ member }) => member !== undefined);
  if (picked.length === 0) return undefined;
  if (value.L) {
    // The elements keep their order and close their ranks.
    const elements = picked.toSorted((one, two) => Number(one.step) - Number(two.step));
    return { L: elements.map(({ member }) => member as AttributeValue) };
  }
  const map: Item = {};
  for (const { step, member } of picked) {
    setAttribute(map, step as string, member as AttributeValue);
  }
  return { M: map };
}
