import type { Clock } from './clock.js';
import { InvalidInputError } from './errors.js';
import { checkPositive } from './input-checks.js';
import type { OptionNames } from './option-names.js';

/** When a row expires. At most one of the two; a row without either does not expire. */
export interface ExpiryOptions {
  /** How long the row lives, in seconds from now. Above 0; rounded up to a whole second. */
  readonly ttlSeconds?: number | undefined;
  /** When the row ends, in milliseconds since 1970. Rounded up to a whole second. */
  readonly expiresAtMs?: number | undefined;
}

/** The names of `ExpiryOptions`. */
export const expiryOptionNames: OptionNames<ExpiryOptions> = {
  ttlSeconds: true,
  expiresAtMs: true,
};

/** Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973. */
const secondsMax = 1e11;

/**
 * The expiry to store, in whole seconds since 1970, or `undefined` for none. Throws an
 * `InvalidInputError` for seconds passed as milliseconds: the row would have expired in 1970.
 */
export function expirySeconds(
  { ttlSeconds, expiresAtMs }: ExpiryOptions,
  clock: Clock,
): number | undefined {
  if (ttlSeconds !== undefined) {
    if (expiresAtMs !== undefined) {
      throw new InvalidInputError('expiresAtMs', expiresAtMs, 'left out when ttlSeconds is given');
    }
    checkPositive('ttlSeconds', ttlSeconds);
    const seconds = Math.ceil(clock.now() / 1000 + ttlSeconds);
    if (seconds < secondsMax) return seconds;
    throw new InvalidInputError('ttlSeconds', ttlSeconds, 'a time to live that ends before 5138');
  }
  if (expiresAtMs === undefined) return undefined;
  // Not by `Number()`: a `Date` is none.
  if (
    typeof expiresAtMs === 'number' &&
    expiresAtMs >= secondsMax &&
    expiresAtMs < secondsMax * 1e3
  )
    return Math.ceil(expiresAtMs / 1000);
  const allowed = 'a number of milliseconds since 1970 (not seconds, no Date: use getTime())';
  throw new InvalidInputError('expiresAtMs', expiresAtMs, allowed);
}

/** The end of a row in milliseconds since 1970, of the seconds that it stores. */
export function expiryMs(expiresAtSeconds: number | undefined): number | undefined {
  return expiresAtSeconds === undefined ? undefined : expiresAtSeconds * 1000;
}

/**
 * Whether a row with this expiry has expired at the given wall time. Time to Live removes rows hours
 * late, so that an expired row which is still there counts as absent everywhere.
 */
export function isExpired(expiresAtSeconds: number | undefined, nowMs: number): boolean {
  return expiresAtSeconds !== undefined && expiresAtSeconds <= Math.floor(nowMs / 1000);
}
