import type { AttemptAllResult, LimitStatus } from '@x/dynamo-limited-attempt';
import { expect, test } from 'vitest';

import { rateLimitHeaders, type RateLimitState } from './headers.js';

const nowMs = Date.UTC(2030, 0, 1);
const status: LimitStatus = {
  isAdmitted: true,
  attempts: 1,
  remaining: 9,
  limit: 10,
  resetAtMs: nowMs + 59_001,
  retryAfterMs: 0,
  reason: undefined,
  isBlocked: false,
};
const refused: LimitStatus = {
  ...status,
  isAdmitted: false,
  attempts: 100,
  remaining: 0,
  limit: 100,
  resetAtMs: nowMs + 3_600_000,
  retryAfterMs: 1_800_001,
  reason: 'attempts',
};

function of(...limits: [LimitStatus, ...LimitStatus[]]): RateLimitState {
  const leading = limits.find(({ isAdmitted }) => !isAdmitted) ?? limits[0];
  const refusedBy = limits.flatMap(({ isAdmitted }, index) => (isAdmitted ? [] : [index]));
  return { ...leading, limits, refusedBy };
}

test('rateLimitHeaders() of one limit says its policy, its state and the older headers', () => {
  const limits = { attemptsMax: 10, windowMs: 60_000 };
  expect(rateLimitHeaders(of(status), { limits, nowMs })).toEqual({
    'RateLimit-Policy': '"default";q=10;w=60',
    RateLimit: '"default";r=9;t=60',
    'X-RateLimit-Limit': '10',
    'X-RateLimit-Remaining': '9',
    'X-RateLimit-Reset': String(nowMs / 1000 + 60),
  });
});

test('rateLimitHeaders() of several limits has an item for each, and says when to come back', () => {
  const limits = [
    { attemptsMax: 10, windowMs: 60_000 },
    { attemptsMax: 100, validityTime: 3_600_000 },
  ];
  expect(rateLimitHeaders(of(status, refused), { limits, nowMs, legacy: false })).toEqual({
    'RateLimit-Policy': '"limit-1";q=10;w=60, "limit-2";q=100;w=3600',
    RateLimit: '"limit-1";r=9;t=60, "limit-2";r=0;t=3600',
    'Retry-After': '1801',
  });
});

test('rateLimitHeaders() of one result alone leaves out what it does not know', () => {
  const never = { ...refused };
  delete (never as { retryAfterMs?: number }).retryAfterMs;
  expect(rateLimitHeaders(of(never), { nowMs: nowMs + 1e9 })).toEqual({
    'RateLimit-Policy': '"default";q=100',
    RateLimit: '"default";r=0;t=0',
    'X-RateLimit-Limit': '100',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': String(nowMs / 1000 + 3_600),
  });
});

test('rateLimitHeaders() of several keys names those that were read', () => {
  const result: AttemptAllResult = {
    isAdmitted: false,
    retryAfterMs: 1_800_001,
    refusedBy: [1],
    entries: [
      { isAdmitted: true, reason: undefined, isBlocked: false, refusedBy: [] },
      of(status, refused),
    ],
  };
  const limits = [{ attemptsMax: 5, windowMs: 1_000 }, [{ attemptsMax: 10, windowMs: 60_000 }]];
  const headers = rateLimitHeaders(result, { limits, names: ['address', 'user'], nowMs });
  expect(headers['RateLimit-Policy']).toBe('"user-1";q=10;w=60, "user-2";q=100');
  expect(headers['X-RateLimit-Limit']).toBe('100');
  expect(headers['Retry-After']).toBe('1801');
});

test('rateLimitHeaders() quotes names, and refuses those that no header can hold', () => {
  const headers = rateLimitHeaders(of(status), { names: ['say "hi"\\'], nowMs });
  expect(headers['RateLimit']).toBe(String.raw`"say \"hi\"\\";r=9;t=60`);
  expect(() => rateLimitHeaders(of(status), { names: ['na\r\nme'] })).toThrow(/ASCII/);
  expect(() => rateLimitHeaders(of(status), { nowMs: Number.NaN })).toThrow(/nowMs/);
  expect(() => rateLimitHeaders(of(status), { policy: 'x' } as object)).toThrow(/policy/);
});
