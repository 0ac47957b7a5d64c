import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { expectFound } from './expect-found.js';
import { counterRegisters, type CounterDesign } from './counter-registers.js';

const chosen: CounterDesign = {
  hasId: true,
  registers: 2,
  keepsIds: true,
  isDeleted: false,
  expires: true,
};
const once = 'an increment counts once within the bound';

test('an increment counts once while fewer others than registers land before its repeat', () => {
  const result = checkModel(counterRegisters(chosen, 'ABCD'));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBeGreaterThan(1_000);
});

// The bound is stated: with as many others as there are registers, the id is gone.
test('an increment counts again behind as many others as there are registers', () => {
  const strict = counterRegisters({ ...chosen, expires: false }, 'ABC');
  const isOnce = ({ count, arrivals }: { count: number; arrivals: object }): boolean =>
    count === Object.values(arrivals).filter((times) => times > 0).length;
  const result = checkModel({ ...strict, invariants: { 'counts once': isOnce } });
  expect(result.trace).toEqual([
    'increment of A: 1',
    'increment of B: 2',
    'increment of C: 3',
    'repeat of A: 4',
  ]);
});

// The SDK repeats a request whose reply is lost.
test('rejected: a bare ADD', () => {
  const model = counterRegisters({ ...chosen, hasId: false, expires: false }, 'AB');
  expectFound(model, once, ['increment of A: 1', 'repeat of A: 2']);
});

// A late copy of what the old counter had would count in the new one.
test('rejected: a new start without the ids of the row that has expired', () => {
  const model = counterRegisters({ ...chosen, keepsIds: false }, 'AB');
  expectFound(model, once, [
    'increment of A: 1',
    'the row expires',
    'increment of B, over what has expired: 1',
    'repeat of A: 2',
  ]);
});

// A delete takes the ids with the row: stated, since a row that stays costs storage for ever.
test('stated: a repeat behind a delete counts anew', () => {
  const model = counterRegisters({ ...chosen, isDeleted: true, expires: false }, 'AB');
  expectFound(model, once, ['increment of A: 1', 'a delete', 'repeat of A: 1']);
});
