import { expect, test } from 'vitest';

import { checkModel, type ProtocolModel } from './check-model.js';

/** A design that was turned down: the invariant that it breaks, and a shortest way to that. */
export type Rejected<State> = readonly [
  title: string,
  model: ProtocolModel<State>,
  invariant: string,
  trace: string,
];

/** A test for each: the shortest counterexample, word for word, its steps with arrows between them. */
export function testRejected<State>(...designs: readonly Rejected<State>[]): void {
  test.each(designs)('%s', (_, model, invariant, trace) => {
    const { violated, trace: steps } = checkModel(model);
    expect([violated, steps.join(' → ')]).toEqual([invariant, trace]);
  });
}
