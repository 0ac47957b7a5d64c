import type { SequentialModel } from './history.js';

/** What is done to a set. `add` and `remove` return whether they changed it, `read` all elements. */
export type ElementSetInput =
  | { readonly kind: 'add'; readonly element: string }
  | { readonly kind: 'remove'; readonly element: string }
  | { readonly kind: 'read' };

/** A set that begins empty. Its elements are sorted, in the state and in what a read returns. */
export const elementSetModel: SequentialModel<
  readonly string[],
  ElementSetInput,
  boolean | readonly string[]
> = {
  init: [],
  step: (elements, input, returned) => {
    if (input.kind === 'read') {
      const same = JSON.stringify(returned?.output) === JSON.stringify(elements);
      return returned === undefined || same ? elements : undefined;
    }
    const { kind, element } = input;
    const changes = elements.includes(element) === (kind === 'remove');
    if (returned !== undefined && returned.output !== changes) return undefined;
    if (!changes) return elements;
    return kind === 'add'
      ? [...elements, element].toSorted()
      : elements.filter((other) => other !== element);
  },
  keyOf: (elements) => JSON.stringify(elements),
};
