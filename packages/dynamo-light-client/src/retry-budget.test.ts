import { InvalidInputError } from '@x/dynamo-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RetryBudget } from './retry-budget.js';

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.999_999));
afterEach(() => void vi.restoreAllMocks());

/** How long a repeat waits that a server asks for like that. */
function delayMs(
  budget: RetryBudget,
  headers: Readonly<Record<string, string>>,
): number | undefined {
  const response = { status: 503, text: '', header: (name: string) => headers[name] };
  return budget.take('transient', 1, response)?.delayMs;
}

describe('RetryBudget', () => {
  it('waits up to 25 ms, doubled each time, up to 1 s after throttling, never above 20 s', () => {
    const budget = new RetryBudget(20, {});
    const delays = [1, 2, 3].map((attempts) => budget.take('transient', attempts));
    expect(delays.map((repeat) => repeat?.delayMs)).toEqual([24, 49, 99]);
    expect(budget.take('throttling', 1)).toEqual({ delayMs: 999, cost: 5 });
    expect(budget.take('throttling', 15)?.delayMs).toBe(19_999);
  });

  it('grants 35 repeats of lost requests, and gives back what a success repeated, or one', () => {
    const budget = new RetryBudget(4, {});
    const grant = (): boolean => budget.take('transient', 1) !== undefined;
    let granted = 0;
    while (grant()) granted++;
    expect(granted).toBe(35);
    budget.giveBack();
    expect(grant()).toBe(false);
    budget.giveBack(14);
    expect(grant()).toBe(true);
  });

  it('waits as long as the server asks, at most 5 s above the backoff', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const budget = new RetryBudget(4, {});
    expect(delayMs(budget, { 'retry-after': '0.2' })).toBe(200);
    expect(delayMs(budget, { 'x-amz-retry-after': '120' })).toBe(120);
    expect(delayMs(budget, { 'retry-after': '60' })).toBe(5_000);
    const date = new Date(Date.now() + 4_000).toUTCString();
    expect(delayMs(budget, { 'retry-after': date })).toBeGreaterThan(2_000);
    expect(delayMs(budget, {})).toBe(0);
    for (const nonsense of ['soon', '', '-5']) {
      expect(delayMs(budget, { 'retry-after': nonsense })).toBe(0);
      expect(delayMs(budget, { 'x-amz-retry-after': nonsense })).toBe(0);
    }
  });

  it('takes the attempts of the option, of AWS_MAX_ATTEMPTS, or four, and refuses what is no number', () => {
    const env = { AWS_MAX_ATTEMPTS: '7' };
    expect(new RetryBudget(2, env).attemptsMax).toBe(2);
    expect(new RetryBudget(undefined, env).attemptsMax).toBe(7);
    expect(new RetryBudget(undefined, {}).attemptsMax).toBe(4);
    expect(() => new RetryBudget(0)).toThrow(InvalidInputError);
    expect(() => new RetryBudget(undefined, { AWS_MAX_ATTEMPTS: 'x' })).toThrow('AWS_MAX_ATTEMPTS');
  });
});
