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
const delayMaxMs = 20_000;
/** How much longer than the backoff a server may ask to wait. */
const hintMaxMs = 5_000;
const costOf = { transient: 14, throttling: 5 } as const;
const baseMsOf = { transient: 25, throttling: 1_000 } as const;

/**
 * Repeats as the SDK's standard mode: a budget of tokens for the whole client, so that a client does
 * not multiply the load of a server that is down, and full jitter per repeat.
 */
export class RetryBudget {
  readonly attemptsMax: number;
  readonly #random: () => number;
  #tokens = tokensMax;

  constructor(
    attemptsMax: number | undefined,
    { random = Math.random, env = process.env }: { random?: () => number; env?: Environment } = {},
  ) {
    this.attemptsMax = attemptsMax ?? attemptsOf(env);
    checkInteger(
      attemptsMax === undefined ? 'AWS_MAX_ATTEMPTS' : 'maxAttempts',
      this.attemptsMax,
      1,
    );
    this.#random = random;
  }

  /** Takes what a repeat costs. `undefined` means that there is none. */
  take(cause: RetryCause, attempts: number, hintMs: number | undefined): Repeat | undefined {
    const cost = costOf[cause];
    if (attempts >= this.attemptsMax || this.#tokens < cost) return undefined;
    this.#tokens -= cost;
    const ceilingMs = Math.min(baseMsOf[cause] * 2 ** (attempts - 1), delayMaxMs);
    const backoffMs = Math.floor(this.#random() * ceilingMs);
    if (hintMs === undefined) return { delayMs: backoffMs, cost };
    return { delayMs: Math.max(backoffMs, Math.min(hintMs, backoffMs + hintMaxMs)), cost };
  }

  /** A success gives back what its last repeat cost, or else 1. */
  giveBack(cost = 1): void {
    this.#tokens = Math.min(tokensMax, this.#tokens + cost);
  }
}

/** How long a server asks to wait: `Retry-After` in seconds or as a date, `x-amz-retry-after` in ms. */
export function retryAfterMs({ header }: HttpResponse): number | undefined {
  const after = header('retry-after');
  const ms = after === undefined ? Number(header('x-amz-retry-after') ?? Number.NaN) : msOf(after);
  return Number.isNaN(ms) ? undefined : ms;
}

function msOf(after: string): number {
  return /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
}

function attemptsOf(env: Environment): number {
  const text = env['AWS_MAX_ATTEMPTS'];
  return text === undefined || text === '' ? 4 : Number(text);
}
