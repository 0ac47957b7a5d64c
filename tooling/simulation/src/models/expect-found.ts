import { expect } from 'vitest';

import { checkModel, type ProtocolModel } from './check-model.js';

/** Fails the test unless the model breaks this invariant, and this is a shortest way to it. */
export function expectFound<State>(
  model: ProtocolModel<State>,
  violated: string,
  trace: readonly string[],
): void {
  expect(checkModel(model)).toMatchObject({ violated, trace });
}
