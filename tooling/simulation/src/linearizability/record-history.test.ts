import { expect, test } from 'vitest';

import { checkLinearizable } from './check-linearizable.js';
import { counterModel, type CounterInput } from './counter-model.js';
import { recordHistory } from './record-history.js';

const add: CounterInput = { kind: 'add', by: 1 };

test('recordHistory() records what overlapped and what came back', async () => {
  const history = recordHistory<CounterInput, number>();
  let release = (_count: number): void => undefined;
  const slow = history.record('A', add, () => new Promise((resolve) => (release = resolve)), 'k');
  await history.record('B', add, () => Promise.resolve(2), 'k');
  release(1);
  expect(await slow).toBe(1);
  expect(history.operations()).toEqual([
    { client: 'A', key: 'k', input: add, calledAt: 0, returned: { at: 3, output: 1 } },
    { client: 'B', key: 'k', input: add, calledAt: 1, returned: { at: 2, output: 2 } },
  ]);
  expect(checkLinearizable(counterModel, history.operations()).linearizable).toBe(true);
});

test('recordHistory() leaves the outcome of a failed call open, and passes its error on', async () => {
  const history = recordHistory<CounterInput, number>();
  const failed = history.record('A', add, () => Promise.reject(new Error('lost')));
  await expect(failed).rejects.toThrow('lost');
  expect(history.operations()).toEqual([
    { client: 'A', key: '', input: add, calledAt: 0, returned: undefined },
  ]);
});
