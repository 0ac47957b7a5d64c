import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import {
  check,
  ifAbsent,
  ifExists,
  ifVersion,
  put,
  remove,
  transactionCanceled,
} from './transaction.js';
const a = { partition: 'p', namespace: 'n', sort: 'a' };
const b = { partition: 'p', namespace: 'n', sort: 'b' };

/** An error as the SDK makes it. */
function canceled(...reasons: readonly object[]): Error {
  return Object.assign(new Error('canceled'), {
    name: 'TransactionCanceledException',
    CancellationReasons: reasons,
  });
}

describe('transactionCanceled()', () => {
  test('is undefined for every other error', () => {
    expect(transactionCanceled(new Error('canceled'), [])).toBeUndefined();
    expect(transactionCanceled(undefined, [])).toBeUndefined();
  });

  test('names the keys that stopped the transaction, not those that would have gone through', () => {
    const error = canceled({ Code: 'None' }, { Code: 'ConditionalCheckFailed' });
    expect(transactionCanceled(error, [put(a, 1), put(b, 1, { only: ifAbsent })])).toEqual({
      refusals: [{ index: 1, key: b, why: 'exists', code: 'ConditionalCheckFailed' }],
    });
  });

  test('has the existing row, and no log shows it', () => {
    const row = { data: { S: 'hunter2' } };
    const error = canceled({ Code: 'ConditionalCheckFailed', Item: row });
    const found = transactionCanceled(error, [put(a, 1, { only: ifAbsent })]);
    expect(found?.refusals[0]?.row).toEqual(row);
    expect(inspect(found, { depth: 9 }) + JSON.stringify(found)).not.toContain('hunter2');
  });

  test.each([
    ['exists', put(a, 1, { only: ifAbsent }), 'ConditionalCheckFailed'],
    ['absent', check(a, ifExists), 'ConditionalCheckFailed'],
    ['changed', remove(a, { only: ifVersion('id:v') }), 'ConditionalCheckFailed'],
    ['conflict', put(a, 1), 'TransactionConflict'],
    ['other', put(a, 1, { only: ifAbsent }), 'ThrottlingError'],
  ])('says %s', (why, write, code) => {
    expect(transactionCanceled(canceled({ Code: code }), [write])?.refusals).toEqual([
      { index: 0, key: a, why, code },
    ]);
  });
});
