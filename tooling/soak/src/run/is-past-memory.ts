import type { Call } from './round.js';

/**
 * Whether a call was repeated by the SDK while so many others changed the same key that it may not
 * have recognised itself any more: `remembered` is how many a row remembers, as the docs say.
 */
export function isPastMemory(call: Call, changes: readonly Call[], remembered: number): boolean {
  const { over, beganAt } = call;
  // Every call sends one request or two: more are repeats.
  if (over === undefined || over.sent < 2) return false;
  const others = changes.filter(
    (other) =>
      other !== call &&
      other.beganAt < over.at &&
      (other.over === undefined || other.over.at > beganAt),
  );
  return others.length >= remembered;
}
