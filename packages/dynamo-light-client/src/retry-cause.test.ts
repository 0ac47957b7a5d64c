import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isClockError, retryCause } from './retry-cause.js';

/** A name of each kind that is in the SDK's lists. One that is new there, or gone, fails here. */
const known = {
  throttling: `BandwidthLimitExceeded EC2ThrottledException LimitExceededException
    PriorRequestNotComplete ProvisionedThroughputExceededException RequestLimitExceeded
    RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling
    ThrottlingException TooManyRequestsException TransactionInProgressException`,
  transient: `TimeoutError RequestTimeout RequestTimeoutException 500 502 503 504 ECONNRESET
    ECONNREFUSED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN`,
  clock: `AuthFailure InvalidSignatureException RequestExpired RequestInTheFuture
    RequestTimeTooSkewed SignatureDoesNotMatch AccessDeniedException`,
};
/** What DynamoDB's model says beside them. */
const more = 'ReplicatedWriteConflictException';
const others = `ConditionalCheckFailedException ItemCollectionSizeLimitExceededException 501 505 EACCES
  ResourceInUseException TransactionCanceledException TransactionConflictException ECONNABORTED
  ValidationException ResourceNotFoundException UND_ERR_ABORTED ExpiredTokenException RequestTooLarge`;
const words = (text: string): string[] => text.trim().split(/\s+/);

describe('the names of errors', () => {
  it.each([
    ['throttling', ['THROTTLING_ERROR_CODES']],
    [
      'transient',
      [
        'TRANSIENT_ERROR_CODES',
        'TRANSIENT_ERROR_STATUS_CODES',
        'NODEJS_TIMEOUT_ERROR_CODES',
        'NODEJS_NETWORK_ERROR_CODES',
      ],
    ],
    ['clock', ['CLOCK_SKEW_ERROR_CODES']],
  ] as const)('are for %s those that the installed SDK has in %j', (kind, sdkNames) => {
    const sdkLists = sdkNames.flatMap((sdkName) => {
      const list = new RegExp(`${sdkName} = (\\[[^\\]]*\\])`).exec(sdkConstants())?.[1] ?? '';
      return JSON.parse(list.replace(/,\s*\]/, ']')) as unknown[];
    });
    expect([...new Set(sdkLists.map(String))].sort()).toEqual(words(known[kind]).sort());
  });

  it('tell what is repeated, and why', () => {
    const causes = (names: string): Set<unknown> =>
      new Set(words(names).flatMap((name) => [retryCause({ name }), retryCause({ code: name })]));
    expect(causes(known.transient)).toEqual(new Set(['transient']));
    expect(causes(more)).toEqual(new Set(['transient']));
    expect(causes(others)).toEqual(new Set([undefined]));
    expect(causes(known.clock)).toEqual(new Set([undefined]));
    const throttled = words(known.throttling).map((name) => retryCause({ name }));
    expect(new Set(throttled)).toEqual(new Set(['throttling']));
  });

  it('tell after which a signature is made anew', () => {
    const all = [known.throttling, known.transient, more, others].flatMap(words);
    expect(words(known.clock).filter((name) => !isClockError({ name }))).toEqual([]);
    expect(all.filter((name) => isClockError({ name }))).toEqual([]);
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

function sdkConstants(): string {
  const core = createRequire(import.meta.url).resolve('@smithy/core/retry');
  const root = core.slice(0, core.lastIndexOf('/dist-'));
  const path = 'dist-es/submodules/retry/service-error-classification/constants.js';
  return readFileSync(join(root, path), 'utf8');
}
