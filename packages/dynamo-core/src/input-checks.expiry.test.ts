import { ManualClock } from '@x/dynamo-testing';
import { describe, expect, it } from 'vitest';

import { expirySeconds, isExpired } from './input-checks.js';

const clock = new ManualClock({ nowMs: 1_700_000_000_250 });

describe('expirySeconds()', () => {
  it('is undefined when nothing was said', () => {
    expect(expirySeconds({}, clock)).toBeUndefined();
    expect(expirySeconds({ ttlSeconds: undefined, expiresAtMs: undefined }, clock)).toBeUndefined();
  });

  it.each([
    [{ ttlSeconds: 60 }, 1_700_000_061],
    [{ ttlSeconds: 0.5 }, 1_700_000_001],
    [{ ttlSeconds: 0.75 }, 1_700_000_001],
    [{ expiresAtMs: 1_800_000_000_000 }, 1_800_000_000],
    [{ expiresAtMs: 1_600_000_000_000 }, 1_600_000_000],
    [{ expiresAtMs: 1_800_000_000_001 }, 1_800_000_001],
    [{ expiresAtMs: 1_800_000_000_000.5 }, 1_800_000_001],
  ])('of %j is %d', (options, seconds) => {
    expect(expirySeconds(options, clock)).toBe(seconds);
  });

  it.each([
    [{ expiresAtMs: 1_800_000_000 }, 'expiresAtMs'],
    [{ expiresAtMs: 0 }, 'expiresAtMs'],
    [{ expiresAtMs: -1 }, 'expiresAtMs'],
    [{ expiresAtMs: 1e14 }, 'expiresAtMs'],
    [{ expiresAtMs: Number.NaN }, 'expiresAtMs'],
    [{ expiresAtMs: new Date(1_800_000_000_000) as never }, 'expiresAtMs'],
    [{ expiresAtMs: '2030-01-01' as never }, 'expiresAtMs'],
    [{ expiresAtMs: null as never }, 'expiresAtMs'],
    [{ ttlSeconds: 0 }, 'ttlSeconds'],
    [{ ttlSeconds: -5 }, 'ttlSeconds'],
    [{ ttlSeconds: Number.NaN }, 'ttlSeconds'],
    [{ ttlSeconds: Number.POSITIVE_INFINITY }, 'ttlSeconds'],
    [{ ttlSeconds: 1_700_000_000_000 }, 'ttlSeconds'],
    [{ ttlSeconds: 5, expiresAtMs: 1_800_000_000_000 }, 'expiresAtMs'],
  ])('refuses %j', (options, field) => {
    expect(() => expirySeconds(options, clock)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field }),
    );
  });
});

describe('isExpired()', () => {
  it('is true from the second of the expiry on', () => {
    expect(isExpired(1_700_000_001, 1_700_000_000_999)).toBe(false);
    expect(isExpired(1_700_000_001, 1_700_000_001_000)).toBe(true);
    expect(isExpired(undefined, 1_700_000_001_000)).toBe(false);
  });
});
