import { describe, expect, it } from 'vitest';

import { sdkError } from '../test/answering.js';
import { refusedUnits } from './reported-requests.js';

/** A row whose JSON has this many bytes. */
const row = (bytes: number): object => ({ Item: { d: { S: 'x'.repeat(bytes - 14) } } });

describe('refusedUnits()', () => {
  it.each([
    ['no row', {}, {}, 1],
    ['a row of a kilobyte', {}, row(1024), 1],
    ['a larger row', {}, row(1025), 2],
    ['a larger new row', row(2049), row(20), 3],
    ['bytes, which take little more in JSON', {}, { Item: { d: { B: new Uint8Array(2_000) } } }, 3],
  ])('is of %s', (_, input, error, units) => {
    expect(refusedUnits(input, error)).toBe(units);
  });

  it('is twice the sum of the rows of a transaction', () => {
    const error = sdkError('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', ...row(1025) }],
    });
    const input = { TransactItems: [{ Put: row(2049) }, { Update: {} }] };
    expect(refusedUnits(input, error)).toBe(2 * (3 + 2));
  });
});
