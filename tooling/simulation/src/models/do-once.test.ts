import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { expectFound } from './expect-found.js';
import { doOnce, type DoOnceDesign } from './do-once.js';

const nowMax = 5;
const chosen: DoOnceDesign = {
  claimIsConditional: true,
  releaseChecksOwner: true,
  completionChecksDone: true,
  completionKeepsOwner: true,
  completionChecksLine: true,
  takeoverChecksPayload: true,
};

test('do-once keeps its promises in every state', { timeout: 60_000 }, () => {
  const result = checkModel(doOnce(chosen, { nowMax }));
  expect(result).toEqual({ states: 38_160, violated: undefined, trace: [] });
});

// Nothing is claimed when a claim may overwrite one.
test('rejected: a claim without a condition', () => {
  const model = doOnce({ ...chosen, claimIsConditional: false }, { nowMax });
  expectFound(model, 'started by one live claimant, and not when done', [
    'A claims until 2',
    'B claims until 2',
  ]);
});

// A claimant that stalls and then fails deletes the claim of the one that took over.
test('rejected: a release that does not check whose claim it deletes', () => {
  const model = doOnce({ ...chosen, releaseChecksOwner: false }, { nowMax });
  expectFound(model, 'started by one live claimant, and not when done', [
    'A claims until 2',
    'time 1',
    'time 2',
    'A fails',
    'B claims until 4',
    'release of A arrives',
    'C claims until 4',
  ]);
});

// Both have acted, which no lease can prevent; but only one result may be the result.
test('rejected: a completion that replaces another one', () => {
  const model = doOnce({ ...chosen, completionChecksDone: false }, { nowMax });
  expectFound(model, 'every caller is told the same result', [
    'A claims until 2',
    'time 1',
    'time 2',
    'A has acted',
    'B claims until 4',
    'A completes',
    'B has acted',
    'B completes',
  ]);
});

// The SDK repeats a completion whose reply is lost, and it meets itself.
test('rejected: a completion that does not keep its owner', () => {
  const model = doOnce({ ...chosen, completionKeepsOwner: false }, { nowMax });
  expectFound(model, 'who completed is not told that another did', [
    'A claims until 2',
    'A has acted',
    'A completes, the reply is lost',
    'A finds it completed by another',
  ]);
});

test(
  'do-once ends no claim of a stranger when the key is cleared, in every state',
  { timeout: 60_000 },
  () => {
    const result = checkModel(doOnce(chosen, { nowMax: 3, clears: true }));
    expect(result).toMatchObject({ violated: undefined, trace: [] });
    expect(result.states).toBe(75_362);
  },
);

test('do-once keeps to the payload of a claim in every state', { timeout: 60_000 }, () => {
  const payloads = { A: 'one', B: 'two', C: 'one' };
  const result = checkModel(doOnce(chosen, { nowMax, payloads }));
  expect(result).toMatchObject({ violated: undefined, trace: [] });
  expect(result.states).toBe(19_194);
});

// Its action would never run, and it would be told that it is done.
test('rejected: a completion that takes any claim for its own', () => {
  const design = { ...chosen, completionChecksLine: false };
  const model = doOnce(design, { nowMax, clears: true });
  expectFound(model, 'no claim that runs is ended by a stranger', [
    'A claims until 2',
    'clears',
    'A has acted',
    'B claims until 2',
    'A completes',
  ]);
});

// The key of a dead claim would be done for another request.
test('rejected: a takeover for another payload', () => {
  const design = { ...chosen, takeoverChecksPayload: false };
  const payloads = { A: 'one', B: 'two', C: 'one' };
  const model = doOnce(design, { nowMax, payloads });
  expectFound(model, 'a claim is taken over for its payload', [
    'A claims until 2',
    'time 1',
    'time 2',
    'B claims until 4',
  ]);
});
