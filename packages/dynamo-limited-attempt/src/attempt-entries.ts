import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, checkInteger, listOf } from '@x/dynamo-core/mechanism';

import type { KeyCall } from './attempt-row.js';
import type { Limiter } from './limiter.js';
import { resolveLimits } from './limits.js';
import { attemptEntryNames, costOptionNames, type AttemptEntry } from './options.js';

const entriesMax = 100;

/** Checks the entries, and copies them. */
export function prepareAll(limiter: Limiter, entries: readonly AttemptEntry[]): readonly KeyCall[] {
  const given = listOf('entries', entries);
  checkInteger('the number of entries', given.length, 1, entriesMax);
  const calls = given.map((entry) => {
    const { key, limits, cost } = checkedOptions(entry, attemptEntryNames, 'entry');
    return limiter.prepare(key, resolveLimits(limits), { cost }, costOptionNames);
  });
  const keys = new Set<string>();
  for (const { keyId, displayKey } of calls) {
    if (keys.has(keyId)) throw new InvalidInputError('entries', displayKey, 'keys that differ');
    keys.add(keyId);
  }
  return calls;
}
