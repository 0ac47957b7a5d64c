import { checkInteger } from '@x/dynamo-core/mechanism';

import type { Environment } from './endpoint.js';
import type { HttpResponse } from './http-sender.js';
import type { RetryCause } from './retry-cause.js';

/** A repeat that is granted. */
export interface Repeat {
  readonly delayMs: number;
  readonly cost: number;
}

const tokensMax = 500;
/** What a repeat costs, and the most that the first one waits. */
const costs = { transient: [14, 25], throttling: [5, 1_000] } as const;

/**
 * Repeats as the SDK's standard mode: a budget of tokens for the whole client, so that a client does
 * not multiply the load of a server that is down, and full jitter per repeat.
 */
export class RetryBudget {
  readonly attemptsMax: number;
  #tokens = tokensMax;

  constructor(attemptsMax?: number, env: Environment = process.env) {
    this.attemptsMax = attemptsMax ?? Number(env['AWS_MAX_ATTEMPTS'] || 4);
    const name = attemptsMax === undefined ? 'AWS_MAX_ATTEMPTS' : 'maxAttempts';
    checkInteger(name, this.attemptsMax, 1);
  }

  /** Takes what a repeat costs. `undefined` means that there is none. */
  take(cause: RetryCause, attempts: number, response?: HttpResponse): Repeat | undefined {
    const [cost, baseMs] = costs[cause];
    if (attempts >= this.attemptsMax || this.#tokens < cost) return undefined;
    this.#tokens -= cost;
    const backoffMs = Math.floor(Math.random() * Math.min(baseMs * 2 ** (attempts - 1), 20_000));
    // A server may ask for five seconds more.
    const hintMs = Math.min(hintMsOf(response?.header) || 0, backoffMs + 5_000);
    return { delayMs: Math.max(backoffMs, hintMs), cost };
  }

  /** A success gives back what its last repeat cost, or else 1. */
  giveBack(cost = 1): void {
    this.#tokens = Math.min(tokensMax, this.#tokens + cost);
  }
}

/** How long a server asks to wait: `Retry-After` in seconds or as a date, `x-amz-retry-after` in ms. */
function hintMsOf(header?: HttpResponse['header']): number {
  const after = header?.('retry-after');
  if (after === undefined) return Number(header?.('x-amz-retry-after'));
  return /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
}
