import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { counterTokens, type CounterDesign } from './counter-tokens.js';

const chosen: CounterDesign = { hasToken: true, tokensMax: 2, keepsPrevious: true };

test('an increment counts once when at most tokensMax others land before its repeat', () => {
  const result = checkModel(counterTokens(chosen, 'ABC'));
  expect(result).toEqual({ states: 43, violated: undefined, trace: [] });
});

// The SDK repeats a request whose reply is lost.
test('rejected: a bare ADD', () => {
  const result = checkModel(counterTokens({ ...chosen, hasToken: false }, 'AB'));
  expect(result.violated).toBe('each increment counts once');
  expect(result.trace).toEqual(['increment of A: 1', 'repeat of A: 2']);
});

// Two rotations forget a token: the set must hold as many as may land before a repeat.
test('rejected: a token set that is too small for what lands before a repeat', () => {
  const result = checkModel(counterTokens({ ...chosen, tokensMax: 1 }, 'ABC'));
  expect(result.violated).toBe('each increment counts once');
  expect(result.trace).toEqual([
    'increment of A: 1',
    'increment of B, with a rotation: 2',
    'increment of C, with a rotation: 3',
    'repeat of A, with a rotation: 4',
  ]);
});

// A token that came just before the rotation would be forgotten at once.
test('rejected: a rotation that forgets the tokens before it', () => {
  const result = checkModel(counterTokens({ ...chosen, keepsPrevious: false }, 'ABC'));
  expect(result.violated).toBe('each increment counts once');
  expect(result.trace).toEqual([
    'increment of A: 1',
    'increment of B: 2',
    'increment of C, with a rotation: 3',
    'repeat of A: 4',
  ]);
});
