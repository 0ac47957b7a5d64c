import { seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { isLinearizableByForce } from './brute-force.js';
import { checkLinearizable } from './check-linearizable.js';
import { counterModel, type CounterInput } from './counter-model.js';
import { elementSetModel, type ElementSetInput } from './element-set-model.js';
import type { Operation, SequentialModel } from './history.js';
import { lockModel, type LockInput } from './lock-model.js';
import { registerModel, type RegisterInput, type RegisterOutput } from './register-model.js';

/** An operation from its times; `output` is left out for an unknown outcome. */
function operation<Input, Output>(
  input: Input,
  calledAt: number,
  returned?: readonly [at: number, output: Output],
  key = '',
): Operation<Input, Output> {
  const [at, output] = returned ?? [];
  const known = returned === undefined ? undefined : { at: at as number, output: output as Output };
  return { client: 'A', key, input, calledAt, returned: known };
}

const read: RegisterInput = { kind: 'read' };
const write = (value: string): RegisterInput => ({ kind: 'write', value });

test('checkLinearizable() accepts reads of either value while a write runs', () => {
  const history = [
    operation(write('a'), 0, [9, undefined]),
    operation(read, 1, [2, undefined]),
    operation(read, 3, [4, 'a']),
  ];
  expect(checkLinearizable(registerModel, history).linearizable).toBe(true);
});

test('checkLinearizable() refuses a read that goes back, and says where it is stuck', () => {
  const history = [
    operation(write('a'), 0, [9, undefined]),
    operation(read, 1, [2, 'a']),
    operation(read, 3, [4, undefined]),
  ];
  const result = checkLinearizable(registerModel, history);
  expect(result.linearizable).toBe(false);
  expect(result.conflict).toEqual({
    key: '',
    placed: [history[0], history[1]],
    stuck: [history[2]],
  });
});

test('checkLinearizable() lets an unknown outcome happen late or never', () => {
  const lost = operation<RegisterInput, RegisterOutput>(write('a'), 0);
  for (const seen of ['a', undefined]) {
    const late = [lost, operation(read, 5, [6, undefined]), operation(read, 7, [8, seen])];
    expect(checkLinearizable(registerModel, late).linearizable).toBe(true);
  }
  const back = [lost, operation(read, 5, [6, 'a']), operation(read, 7, [8, undefined])];
  expect(checkLinearizable(registerModel, back).linearizable).toBe(false);
});

test('checkLinearizable() judges each key apart', () => {
  const add: CounterInput = { kind: 'add', by: 1 };
  const good = [operation(add, 0, [1, 1], 'x'), operation(add, 2, [3, 1], 'y')];
  expect(checkLinearizable(counterModel, good).linearizable).toBe(true);
  const bad = [...good, operation(add, 4, [5, 1], 'y')];
  expect(checkLinearizable(counterModel, bad).conflict?.key).toBe('y');
});

test('checkLinearizable() refuses to guess when the steps do not suffice', () => {
  const unknown = Array.from({ length: 20 }, (_, index) =>
    operation<CounterInput, number>({ kind: 'add', by: 1 + index }, 0),
  );
  const history = [...unknown, operation<CounterInput, number>({ kind: 'read' }, 1, [2, -1])];
  expect(() => checkLinearizable(counterModel, history, { stepsMax: 1000 })).toThrow(
    'Cannot decide within 1000 steps',
  );
});

test('checkLinearizable() tries equal operations of unknown outcome in one order only', () => {
  const unknown = Array.from({ length: 20 }, () =>
    operation<CounterInput, number>({ kind: 'add', by: 1 }, 0),
  );
  const history = [...unknown, operation<CounterInput, number>({ kind: 'read' }, 1, [2, -1])];
  const { linearizable, steps } = checkLinearizable(counterModel, history);
  expect(linearizable).toBe(false);
  expect(steps).toBeLessThan(1000);
});

test('checkLinearizable() decides a hundred overlapping operations quickly', () => {
  // Ten clients, each increment overlaps with nine others and is answered in another order.
  const history = Array.from({ length: 100 }, (_, index) => {
    const round = Math.floor(index / 10);
    const answer = round * 10 + 10 - (index % 10);
    const at: [number, number] = [round * 100 + 50 + (index % 10), answer];
    return operation<CounterInput, number>({ kind: 'add', by: 1 }, round * 100 + (index % 10), at);
  });
  const { linearizable, steps } = checkLinearizable(counterModel, history);
  expect(linearizable).toBe(true);
  expect(steps).toBeLessThan(10_000);
});

type Below = (limit: number) => number;

/** Judges random tiny histories of one model twice. */
function compareWithForce<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  inputOf: (below: Below) => Input,
  outputOf: (below: Below, input: Input) => Output,
): void {
  const random = seededRandom(2026);
  const below: Below = (limit) => Math.floor(random.unit() * limit);
  let accepted = 0;
  for (let round = 0; round < 5000; round++) {
    const history = Array.from({ length: 1 + below(7) }, () => {
      const input = inputOf(below);
      const calledAt = below(20);
      const isKnown = below(4) > 0;
      const at = calledAt + 1 + below(12);
      return operation(input, calledAt, isKnown ? [at, outputOf(below, input)] : undefined);
    });
    const expected = isLinearizableByForce(model, history);
    const { linearizable } = checkLinearizable(model, history);
    expect({ history, linearizable }).toEqual({ history, linearizable: expected });
    if (linearizable) accepted++;
  }
  // Both answers must have been put to the test.
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(4500);
}

const letters = ['a', 'b', undefined];

test('checkLinearizable() agrees with brute force on registers', () => {
  compareWithForce(
    registerModel,
    (below): RegisterInput => {
      const [from, to] = [letters[below(3)], letters[below(3)]];
      const kinds: RegisterInput[] = [
        { kind: 'read' },
        { kind: 'write', value: to },
        { kind: 'swap', from, to },
        { kind: 'append', text: 'b' },
      ];
      return kinds[below(4)] as RegisterInput;
    },
    (below, { kind }) => {
      if (kind === 'append') return ['b', 'ab', 'bb'][below(3)];
      return kind === 'read' ? letters[below(3)] : below(2) === 0;
    },
  );
});

test('checkLinearizable() agrees with brute force on counters', () => {
  compareWithForce(
    counterModel,
    (below): CounterInput => (below(2) === 0 ? { kind: 'read' } : { kind: 'add', by: 1 }),
    (below) => below(4),
  );
});

test('checkLinearizable() agrees with brute force on sets', () => {
  const sets = [[], ['a'], ['b'], ['a', 'b']];
  compareWithForce(
    elementSetModel,
    (below): ElementSetInput => {
      const kind = (['add', 'remove', 'read'] as const)[below(3)] ?? 'read';
      return kind === 'read' ? { kind } : { kind, element: below(2) === 0 ? 'a' : 'b' };
    },
    (below, { kind }) => (kind === 'read' ? (sets[below(4)] ?? []) : below(2) === 0),
  );
});

test('checkLinearizable() agrees with brute force on locks', () => {
  compareWithForce(
    lockModel,
    (below): LockInput => ({
      kind: below(2) === 0 ? 'acquire' : 'release',
      owner: below(2) === 0 ? 'A' : 'B',
    }),
    (below) => below(2) === 0,
  );
});
