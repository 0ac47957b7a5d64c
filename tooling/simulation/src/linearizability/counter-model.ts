import type { SequentialModel } from './history.js';

/** What is done to a counter. Both return the count, an `add` the one after it. */
export type CounterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'add'; readonly by: number };

/** A count that begins at 0. */
export const counterModel: SequentialModel<number, CounterInput, number> = {
  init: 0,
  step: (count, input, returned) => {
    const after = input.kind === 'add' ? count + input.by : count;
    return returned === undefined || returned.output === after ? after : undefined;
  },
  keyOf: String,
};
