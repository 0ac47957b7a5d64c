import { runInNewContext } from 'node:vm';

import { expect, it } from 'vitest';

import { cancellationReasons } from './cancellation-reasons.js';
import { errorName, isConditionalCheckFailed } from './errors.js';

it('errorName() knows errors of another realm, and takes whatever is thrown', () => {
  const foreign: unknown = runInNewContext('Object.assign(new Error("x"), { name: "Busy" })');
  expect(foreign instanceof Error).toBe(false);
  expect([foreign, null, undefined, 'x', 1, { name: 2 }].map(errorName)).toEqual([
    'Busy',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
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
