import { InvalidInputError } from '@x/dynamo-core';
import { describe, expect, it } from 'vitest';

import { RetryBudget, retryAfterMs } from './retry-budget.js';

const highest = { random: () => 0.999_999, env: {} };

describe('RetryBudget', () => {
  it('waits up to 25 ms, doubled each time, up to 1 s after throttling, never above 20 s', () => {
    const budget = new RetryBudget(20, highest);
    const delays = [1, 2, 3].map((attempts) => budget.take('transient', attempts, undefined));
    expect(delays.map((repeat) => repeat?.delayMs)).toEqual([24, 49, 99]);
    expect(budget.take('throttling', 1, undefined)).toEqual({ delayMs: 999, cost: 5 });
    expect(budget.take('throttling', 15, undefined)?.delayMs).toBe(19_999);
  });

  it('grants 35 repeats of lost requests, and gives back what a success repeated, or one', () => {
    const budget = new RetryBudget(4, highest);
    const grant = (): boolean => budget.take('transient', 1, undefined) !== undefined;
    let granted = 0;
    while (grant()) granted++;
    expect(granted).toBe(35);
    budget.giveBack();
    expect(grant()).toBe(false);
    budget.giveBack(14);
    expect(grant()).toBe(true);
  });

  it('waits as long as the server asks, at most 5 s above the backoff', () => {
    const budget = new RetryBudget(4, { random: () => 0, env: {} });
    expect(budget.take('transient', 1, 120)?.delayMs).toBe(120);
    expect(budget.take('transient', 1, 60_000)?.delayMs).toBe(5_000);
  });

  it('takes the attempts of the option, of AWS_MAX_ATTEMPTS, or four, and refuses what is no number', () => {
    const env = { AWS_MAX_ATTEMPTS: '7' };
    expect(new RetryBudget(2, { env }).attemptsMax).toBe(2);
    expect(new RetryBudget(undefined, { env }).attemptsMax).toBe(7);
    expect(new RetryBudget(undefined, { env: {} }).attemptsMax).toBe(4);
    expect(() => new RetryBudget(0)).toThrow(InvalidInputError);
    expect(() => new RetryBudget(undefined, { env: { AWS_MAX_ATTEMPTS: 'x' } })).toThrow(
      'AWS_MAX_ATTEMPTS',
    );
  });
});

describe('retryAfterMs', () => {
  const of = (headers: Record<string, string>): number | undefined =>
    retryAfterMs({ status: 503, text: '', header: (name) => headers[name] });

  it('reads seconds, dates and milliseconds, and nothing from nonsense', () => {
    expect(of({ 'retry-after': '0.2' })).toBe(200);
    expect(of({ 'x-amz-retry-after': '120' })).toBe(120);
    const date = new Date(Date.now() + 10_000).toUTCString();
    expect(of({ 'retry-after': date })).toBeGreaterThan(8_000);
    expect([of({}), of({ 'retry-after': 'soon' })]).toEqual([undefined, undefined]);
  });
});
