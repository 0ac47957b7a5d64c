import type { Clock } from './clock.js';
import { InvalidInputError } from './errors.js';
import { checkPositive } from './input-checks.js';

/** When a row expires. At most one of the two; a row without either does not expire. */
export interface ExpiryOptions {
  /** How long the row lives, in seconds from now. Above 0; rounded up to a whole second. */
  readonly ttlSeconds?: number | undefined;
  /** When the row ends: a date, or whole seconds since 1970. */
  readonly expiresAt?: Date | number | undefined;
}

/** Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. */
const secondsMax = 1e11;

/**
 * The expiry to store, in whole seconds since 1970, or `undefined` for none. Throws an
 * `InvalidInputError` for milliseconds passed as seconds: Time to Live would never remove the row.
 */
export function expirySeconds(
  { ttlSeconds, expiresAt }: ExpiryOptions,
  clock: Clock,
): number | undefined {
  if (ttlSeconds !== undefined && expiresAt !== undefined) {
    throw new InvalidInputError('expiresAt', expiresAt, 'left out when ttlSeconds is given');
  }
  if (ttlSeconds !== undefined) {
    checkPositive('ttlSeconds', ttlSeconds);
    return checkSeconds('ttlSeconds', ttlSeconds, Math.ceil(clock.now() / 1000 + ttlSeconds));
  }
  if (expiresAt === undefined) return undefined;
  const seconds = expiresAt instanceof Date ? Math.ceil(expiresAt.getTime() / 1000) : expiresAt;
  return checkSeconds('expiresAt', expiresAt, seconds);
}

function checkSeconds(field: string, given: unknown, seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds <= 0 || seconds >= secondsMax) {
    throw new InvalidInputError(
      field,
      given,
      'an expiry in whole seconds since 1970 (not milliseconds) or a valid Date',
    );
  }
  return seconds;
}

/**
 * Whether a row with this expiry is over at the given wall time. Time to Live removes rows hours
 * late, so that an expired row which is still there counts as absent everywhere.
 */
export function isExpired(expiresAtSeconds: number | undefined, nowMs: number): boolean {
  return expiresAtSeconds !== undefined && expiresAtSeconds <= Math.floor(nowMs / 1000);
}
