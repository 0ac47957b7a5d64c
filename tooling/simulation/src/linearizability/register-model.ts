import type { SequentialModel } from './history.js';

/**
 * What is done to a register. A `swap` writes `to` when it finds `from`, and says whether it did; an
 * `append` returns what is there after it.
 */
export type RegisterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value?: string | undefined }
  | { readonly kind: 'append'; readonly text: string }
  | {
      readonly kind: 'swap';
      readonly from: string | undefined;
      readonly to: string | undefined;
    };

/** The value of a read or after an `append`, whether a swap was done; nothing of interest for a write. */
export type RegisterOutput = string | boolean | undefined;

interface Register {
  readonly value: string | undefined;
}

/** One value that may be absent: the model of a key in a table. */
export const registerModel: SequentialModel<Register, RegisterInput, RegisterOutput> = {
  init: { value: undefined },
  step: (state, input, returned) => {
    if (input.kind === 'write') return { value: input.value };
    if (input.kind === 'read') {
      return returned === undefined || returned.output === state.value ? state : undefined;
    }
    if (input.kind === 'append') {
      const value = `${state.value ?? ''}${input.text}`;
      return returned === undefined || returned.output === value ? { value } : undefined;
    }
    const swaps = state.value === input.from;
    if (returned !== undefined && returned.output !== swaps) return undefined;
    return swaps ? { value: input.to } : state;
  },
  keyOf: ({ value }) => JSON.stringify({ value }),
};
