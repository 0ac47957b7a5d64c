import type { SequentialModel } from './history.js';

/** What is done to a counter. All return the count, after what they do to it. */
export type CounterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'add'; readonly by: number };

/** A count that begins at 0. */
export const counterModel: SequentialModel<number, CounterInput, number> = {
  init: 0,
  step: (count, input, returned) => {
    const after = countAfter(count, input);
    return returned === undefined || returned.output === after ? after : undefined;
  },
  keyOf: String,
};

/** What the count is after this. A deleted counter counts from 0 again. */
export function countAfter(count: number, input: CounterInput): number {
  if (input.kind === 'delete') return 0;
  return input.kind === 'add' ? count + input.by : count;
}
