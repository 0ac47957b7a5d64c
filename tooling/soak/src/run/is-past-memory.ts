import { settledAt, type Call } from './round.js';

/** What makes a row forget, by the names of operations. */
const forgetting: readonly string[] = ['delete'];

/**
 * Whether a call was repeated by the SDK, or a copy of it came late, after or while so many others changed the same key that it may not
 * have recognised itself any more: `remembered` is how many a row remembers, as the docs say. One
 * that makes the row forget is enough.
 */
export function isPastMemory(call: Call, changes: readonly Call[], remembered: number): boolean {
  const { over, beganAt } = call;
  // Every call sends one request or two: more are repeats.
  if (over === undefined || over.sent < 2) return false;
  const untilAt = settledAt(call) ?? Infinity;
  const others = changes.filter(
    (other) =>
      other !== call && other.beganAt < untilAt && (settledAt(other) ?? Infinity) > beganAt,
  );
  return (
    others.length >= remembered || others.some(({ operation }) => forgetting.includes(operation))
  );
}
