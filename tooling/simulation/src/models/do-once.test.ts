import { expect, test } from 'vitest';

import { checkModel } from './check-model.js';
import { testRejected } from './rejected.js';
import { doOnce, type DoOnceDesign, type DoOnceSetting } from './do-once.js';

const chosen: DoOnceDesign = {
  claimIsConditional: true,
  releaseChecksOwner: true,
  completionChecksDone: true,
  completionKeepsOwner: true,
  completionChecksLine: true,
  takeoverChecksPayload: true,
};
const nowMax = 5;
const payloads = { A: 'one', B: 'two', C: 'one' };
const once = 'started by one live claimant, and not when done';

test.each<readonly [title: string, setting: DoOnceSetting, states: number]>([
  ['its promises', { nowMax }, 38_160],
  ['off the claims of strangers when the key is cleared', { nowMax: 3, clears: true }, 75_362],
  ['to the payload of a claim', { nowMax, payloads }, 19_194],
])('do-once keeps %s in every state', { timeout: 60_000 }, (_, setting, states) => {
  const result = checkModel(doOnce(chosen, setting));
  expect(result).toEqual({ violated: undefined, trace: [], states });
});

const but = (change: Partial<DoOnceDesign>, setting: Partial<DoOnceSetting> = {}) =>
  doOnce({ ...chosen, ...change }, { nowMax, ...setting });

testRejected(
  // Nothing is claimed when a claim may overwrite one.
  [
    'rejected: a claim without a condition',
    but({ claimIsConditional: false }),
    once,
    'A claims until 2 → B claims until 2',
  ],
  // A claimant that stalls and then fails deletes the claim of the one that took over.
  [
    'rejected: a release that does not check whose claim it deletes',
    but({ releaseChecksOwner: false }),
    once,
    'A claims until 2 → time 1 → time 2 → A fails → B claims until 4 → release of A arrives → C claims until 4',
  ],
  // Both have acted, which no lease can prevent; but only one result may be the result.
  [
    'rejected: a completion that replaces another one',
    but({ completionChecksDone: false }),
    'every caller is told the same result',
    'A claims until 2 → time 1 → time 2 → A has acted → B claims until 4 → A completes → B has acted → B completes',
  ],
  // The SDK repeats a completion whose reply is lost, and it meets itself.
  [
    'rejected: a completion that does not keep its owner',
    but({ completionKeepsOwner: false }),
    'who completed is not told that another did',
    'A claims until 2 → A has acted → A completes, the reply is lost → A finds it completed by another',
  ],
  // Its action would never run, and it would be told that it is done.
  [
    'rejected: a completion that takes any claim for its own',
    but({ completionChecksLine: false }, { clears: true }),
    'no claim that runs is ended by a stranger',
    'A claims until 2 → clears → A has acted → B claims until 2 → A completes',
  ],
  // The key of a dead claim would be done for another request.
  [
    'rejected: a takeover for another payload',
    but({ takeoverChecksPayload: false }, { payloads }),
    'a claim is taken over for its payload',
    'A claims until 2 → time 1 → time 2 → B claims until 4',
  ],
);
