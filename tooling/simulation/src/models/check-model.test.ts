import { expect, test } from 'vitest';

import { checkModel, type ProtocolModel } from './check-model.js';

/** Two counters that only ever grow, up to `max`. */
function grid(max: number): ProtocolModel<{ x: number; y: number }> {
  return {
    init: { x: 0, y: 0 },
    next: ({ x, y }) => [
      ...(x < max ? ([['right', { x: x + 1, y }]] as const) : []),
      ...(y < max ? ([['up', { x, y: y + 1 }]] as const) : []),
      ...(x < max && y < max ? ([['both', { x: x + 1, y: y + 1 }]] as const) : []),
    ],
    invariants: { 'the corner is far': ({ x, y }) => x + y < 7 },
  };
}

test('checkModel() visits each state once when every invariant holds', () => {
  expect(checkModel(grid(3))).toEqual({ states: 16, violated: undefined, trace: [] });
});

test('checkModel() returns a shortest way to a violation', () => {
  const { violated, trace } = checkModel(grid(4));
  expect(violated).toBe('the corner is far');
  // Seven steps would lead there as well.
  expect(trace).toEqual(['right', 'both', 'both', 'both']);
});

test('checkModel() checks the first state too', () => {
  const model = { ...grid(3), invariants: { never: () => false } };
  expect(checkModel(model)).toEqual({ states: 1, violated: 'never', trace: [] });
});

test('checkModel() refuses to answer for more states than it may visit', () => {
  expect(() => checkModel(grid(3), { statesMax: 10 })).toThrow('Cannot visit over 10 states');
});
