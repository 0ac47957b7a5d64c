import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isClockError, retryCause, retryLists } from './retry-cause.js';

describe('retryLists', () => {
  it.each([
    ['THROTTLING_ERROR_CODES', retryLists.throttlingNames],
    ['TRANSIENT_ERROR_CODES', retryLists.transientNames],
    ['TRANSIENT_ERROR_STATUS_CODES', retryLists.transientStatus],
    ['NODEJS_TIMEOUT_ERROR_CODES', retryLists.timeoutCodes],
    ['NODEJS_NETWORK_ERROR_CODES', retryLists.networkCodes],
    ['CLOCK_SKEW_ERROR_CODES', retryLists.clockNames],
  ])('has what %s of the installed SDK has', (name, own) => {
    const list = new RegExp(`${name} = (\\[[^\\]]*\\])`).exec(sdkConstants())?.[1] ?? '';
    expect(JSON.parse(list.replace(/,\s*\]/, ']'))).toEqual(own);
  });
});

describe('retryCause', () => {
  it('finds the cause of a cause, and ends where causes go round', () => {
    const lost = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    expect(retryCause(new Error('a', { cause: new Error('b', { cause: lost }) }))).toBe(
      'transient',
    );
    const round = new Error('round');
    round.cause = round;
    expect(retryCause(round)).toBeUndefined();
  });

  it('repeats no abort and nothing that is no error', () => {
    const abort = Object.assign(new Error('reset'), { name: 'AbortError', code: 'ECONNRESET' });
    expect([abort, undefined, null, 'ECONNRESET'].map((error) => retryCause(error))).toEqual(
      Array.from({ length: 4 }),
    );
  });
});

describe('isClockError', () => {
  it('knows the names after which a signature is made anew', () => {
    expect(isClockError({ name: 'RequestExpired' })).toBe(true);
    expect(isClockError({ name: 'ConditionalCheckFailedException' })).toBe(false);
  });
});

function sdkConstants(): string {
  const core = createRequire(import.meta.url).resolve('@smithy/core/retry');
  const root = core.slice(0, core.lastIndexOf('/dist-'));
  const path = 'dist-es/submodules/retry/service-error-classification/constants.js';
  return readFileSync(join(root, path), 'utf8');
}
