import type { SequentialModel } from '@x/simulation';

import type { CompoundKey, PartitionedKeyValueTable } from '../src/index.js';

/** What a client does to a set of strings. */
export type SetInput =
  | { readonly kind: 'add' | 'remove'; readonly element: string }
  | { readonly kind: 'update'; readonly element: string; readonly from: string }
  | { readonly kind: 'set' | 'setIfNotExists'; readonly elements: readonly string[] }
  | { readonly kind: 'delete' | 'read' };

/** What it is told: whether it did something, or the elements. */
export type SetOutput = boolean | readonly string[] | undefined;

type Elements = readonly string[] | undefined;

/** A set as one client alone would see it; `undefined` where there is none. */
export function setModel(init: Elements): SequentialModel<Elements, SetInput, SetOutput> {
  return {
    init,
    step: (before, input, returned) => {
      const { after, output } = apply(before, input);
      const agrees = returned === undefined || equal(returned.output, output);
      // A model cannot keep `undefined` as a state, so that no set is the empty text's key.
      return agrees ? (after ?? absent) : undefined;
    },
    keyOf: (elements) => JSON.stringify(elements ?? absent),
  };
}

/** Stands for no set at all: no test adds this element. */
const absent: readonly string[] = ['\0absent'];

interface Step {
  readonly after: Elements;
  readonly output: SetOutput;
}

/** What one operation makes of a set, and what it answers. */
function apply(state: Elements, input: SetInput): Step {
  const before = state?.[0] === absent[0] ? undefined : state;
  switch (input.kind) {
    case 'read':
      return { after: before, output: before };
    case 'set':
      return { after: input.elements, output: undefined };
    case 'delete':
      return { after: undefined, output: undefined };
    case 'setIfNotExists':
      return before === undefined
        ? { after: input.elements, output: true }
        : { after: before, output: false };
    case 'add': {
      const isNew = before?.includes(input.element) !== true;
      return { after: isNew ? [...(before ?? []), input.element] : before, output: isNew };
    }
    case 'remove': {
      const isThere = before?.includes(input.element) === true;
      return { after: before?.filter((each) => each !== input.element), output: isThere };
    }
    case 'update': {
      const others = before?.filter((each) => each !== input.from && each !== input.element);
      return { after: others && [...others, input.element], output: others !== undefined };
    }
  }
}

/** Does it with the table. */
export async function perform(
  table: PartitionedKeyValueTable,
  key: CompoundKey<string, string[]>,
  input: SetInput,
): Promise<SetOutput> {
  switch (input.kind) {
    case 'read':
      return table.get(key, { consistent: true });
    case 'set':
      await table.set(key, [...input.elements]);
      return undefined;
    case 'delete':
      await table.delete(key);
      return undefined;
    case 'setIfNotExists':
      return table.setIfNotExists(key, [...input.elements]);
    case 'add':
      return table.addToSet(key, input.element);
    case 'remove':
      return table.removeFromSet(key, input.element);
    case 'update':
      return table.updateInSet(key, input.element, (element) => element === input.from);
  }
}

function equal(left: SetOutput, right: SetOutput): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
