import { runInNewContext } from 'node:vm';

import { expect, it } from 'vitest';

import { sdkError } from '../test/answering.js';
import { cancellationReasons } from './transaction-errors.js';
import { errorName, isConditionalCheckFailed } from './errors.js';

it('errorName() knows errors of another realm, and takes whatever is thrown', () => {
  const foreign: unknown = runInNewContext('Object.assign(new Error("x"), { name: "Busy" })');
  expect(foreign instanceof Error).toBe(false);
  expect(errorName(foreign)).toBe('Busy');
  for (const thrown of [null, undefined, 'x', 1, { name: 2 }]) {
    expect(errorName(thrown)).toBeUndefined();
  }
});

it('the reason of a signal is no answer of DynamoDB, whatever it looks like', () => {
  const error = sdkError('TransactionCanceledException');
  const failed = sdkError('ConditionalCheckFailedException');
  const { signal } = new AbortController();
  expect(cancellationReasons(error, signal)).toEqual([]);
  expect(isConditionalCheckFailed(failed, signal)).toBe(true);
  expect(cancellationReasons(error, AbortSignal.abort(error))).toBeUndefined();
  expect(isConditionalCheckFailed(failed, AbortSignal.abort(failed))).toBe(false);
});

it('what DynamoDB refuses is recognised when its error comes from another realm', () => {
  const failed: unknown = runInNewContext(
    'Object.assign(new Error("x"), { name: "ConditionalCheckFailedException" })',
  );
  expect(isConditionalCheckFailed(failed)).toBe(true);
  const cancelled: unknown = runInNewContext(
    'Object.assign(new Error("x"), { name: "TransactionCanceledException", CancellationReasons: [{ Code: "None" }] })',
  );
  expect(cancellationReasons(cancelled)).toHaveLength(1);
});
