import { expect, test } from 'vitest';

import { isPastMemory, Round, type Call } from '../run/round.js';
import { judgeActions } from './do-once-workload.js';
import { Findings } from './findings.js';
import { judgeLocks } from './judge-locks.js';
import { sumBounds } from './sum-bounds.js';

const at = { workload: 'lock', round: 0, kind: 'note', key: 'k', name: 'held' } as const;

function call(beganAt: number, over: Call['over'], fields: Partial<Call> = {}): Call {
  return { client: 'c', key: 'k', operation: 'incr', input: 2, beganAt, over, ...fields };
}

test('sumBounds() allows for calls of unknown outcome, in their direction', () => {
  const calls = [
    call(0, { at: 1, sent: 1, output: 2 }),
    call(2, undefined, { input: 3 }),
    call(2, { at: 3, sent: 4, error: 'TimeoutError' }, { input: -1 }),
  ];
  const bounds = sumBounds(calls, { remembered: 32, byOf: ({ input }) => Number(input) });
  expect(bounds).toMatchObject({ least: 1, most: 5 });
});

test('isPastMemory() is true only of a repeat that met as many others as are remembered', () => {
  const repeated = call(10, { at: 20, sent: 2, output: 1 });
  const others = [
    call(5, { at: 11, sent: 1, output: 1 }),
    call(19, undefined),
    call(0, { at: 9, sent: 1, output: 1 }),
    call(21, undefined),
  ];
  expect(isPastMemory(repeated, [repeated, ...others], 2)).toBe(true);
  expect(isPastMemory(repeated, [repeated, ...others], 3)).toBe(false);
  expect(isPastMemory(call(10, { at: 20, sent: 1, output: 1 }), others, 1)).toBe(false);
});

test('isPastMemory() is true of a repeat that met a delete', () => {
  const repeated = call(10, { at: 20, sent: 2, output: 1 });
  const between = call(12, { at: 13, sent: 1, output: null }, { operation: 'delete' });
  expect(isPastMemory(repeated, [repeated, between], 8)).toBe(true);
  const before = call(1, { at: 9, sent: 1, output: null }, { operation: 'delete' });
  expect(isPastMemory(repeated, [repeated, before], 8)).toBe(false);
});

test('isPastMemory() looks on until a copy that is late has come', () => {
  const second = 1_000_000;
  const copied = call(10, { at: 20, sent: 2, output: 1, copyAt: second });
  const after = [30, 2 * second - 1].map((at) => call(at, { at: at + 1, sent: 1, output: 1 }));
  const later = call(2 * second, { at: 3 * second, sent: 1, output: 1 });
  expect(isPastMemory(copied, [copied, ...after], 2)).toBe(true);
  expect(isPastMemory(copied, [copied, ...after, later], 3)).toBe(false);
});

test('judgeLocks() finds two holders at once, a fence that goes back and a stale write', () => {
  const round = new Round();
  round.notes.push(
    { ...at, client: 'a', data: 7, at: 10 },
    { ...at, client: 'a', data: 7, at: 30 },
    { ...at, client: 'b', data: 6, at: 20 },
  );
  round.calls.push(
    call(1, { at: 5, sent: 1, output: 7 }, { client: 'a', operation: 'acquire' }),
    call(6, { at: 9, sent: 1, output: 6 }, { client: 'b', operation: 'acquire' }),
    call(21, { at: 22, sent: 1, output: 1 }, { client: 'a', operation: 'write', input: 7 }),
    call(23, { at: 24, sent: 1, output: 2 }, { client: 'b', operation: 'write', input: 6 }),
  );
  const findings = new Findings();
  judgeLocks(round, findings);
  expect(findings.violations).toEqual([
    'lock k was held by a (fence 7) and b (fence 6) at once, for 0.01 ms at least',
    'b got fence 6 of lock k after fence 7 was handed out',
    'write 2 under lock k, by b with fence 6, came after one with 7',
  ]);
});

test('a run of a call that began before a mark may begin after it, no other one', () => {
  const began = (beganAt: number): readonly string[] => {
    const round = new Round();
    round.notes.push({ ...at, client: 'a', name: 'begin', data: ':run', at: 30 });
    round.calls.push(
      call(10, { at: 20, sent: 1, output: 1 }, { client: 'b', operation: 'markDone', input: '' }),
      call(beganAt, undefined, { client: 'a', operation: 'doOnce', input: '' }),
    );
    const findings = new Findings();
    judgeActions(round, findings);
    return findings.violations;
  };
  expect(began(5)).toEqual([]);
  expect(began(21)).toEqual(['a began action k 0.01 ms after it was done']);
});
