import { describe, expect, it } from 'vitest';

import { sdkError } from '../test/answering.js';
import { cancellationReasons } from './transaction-errors.js';

describe('cancellationReasons()', () => {
  it('has one reason for each item, with the row where it was asked for', () => {
    const error = sdkError('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { key: { S: 'a' } } }, {}],
    });
    expect(cancellationReasons(error)).toEqual([
      { code: 'ConditionalCheckFailed', item: { key: { S: 'a' } } },
      { code: 'None', item: undefined },
    ]);
  });

  it('is undefined for other errors, and empty without reasons', () => {
    expect(cancellationReasons(new Error('no'))).toBeUndefined();
    expect(cancellationReasons(undefined)).toBeUndefined();
    expect(cancellationReasons(sdkError('TransactionCanceledException'))).toEqual([]);
  });
});
