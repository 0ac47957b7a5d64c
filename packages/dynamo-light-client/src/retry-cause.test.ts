import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isClockError, retryCause, retryLists } from './retry-cause.js';

describe('retryLists', () => {
  it.each([
    ['throttling', ['THROTTLING_ERROR_CODES'], 0],
    [
      'transient',
      [
        'TRANSIENT_ERROR_CODES',
        'TRANSIENT_ERROR_STATUS_CODES',
        'NODEJS_TIMEOUT_ERROR_CODES',
        'NODEJS_NETWORK_ERROR_CODES',
      ],
      5,
    ],
    ['clock', ['CLOCK_SKEW_ERROR_CODES'], 0],
  ] as const)('has for %s what the installed SDK has in %j', (name, sdkNames, more) => {
    const sdkLists = sdkNames.flatMap((sdkName) => {
      const list = new RegExp(`${sdkName} = (\\[[^\\]]*\\])`).exec(sdkConstants())?.[1] ?? '';
      return JSON.parse(list.replace(/,\s*\]/, ']')) as unknown[];
    });
    const own = retryLists[name].trim().split(/\s+/);
    expect(own.slice(0, own.length - more)).toEqual(sdkLists.map(String));
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
