/** What an answer leaves open: the header is in whole seconds, and an expiry is rounded. */
const toleranceMs = 4_000;
/** Digits of times in seconds, milliseconds, micro- and nanoseconds since 1970. */
const time = /\d{10,19}/g;

/**
 * The same, with times that differ by no more than an answer leaves open, and `offMs`, made the same, and
 * without methods, as each run has its own.
 */
export function withTimesOf(actual: unknown, expected: unknown, offMs = 0): unknown {
  const textOf = (text: string, other: string): string => alike(text, other, toleranceMs + offMs);
  if (typeof actual === 'function') return undefined;
  if (typeof actual === 'string' && typeof expected === 'string') return textOf(actual, expected);
  if (typeof actual === 'number' && typeof expected === 'number') {
    return Number(textOf(String(actual), String(expected)));
  }
  if (typeof actual !== 'object' || actual === null) return actual;
  if (typeof expected !== 'object' || expected === null) return actual;
  if (actual instanceof Error || expected instanceof Error) {
    // By what its user sees.
    const [{ name, message }, other] = [actual as Error, expected as Error];
    return { name, message: textOf(message, other.message) };
  }
  if (actual instanceof Date && expected instanceof Date) {
    return new Date(Number(withTimesOf(actual.getTime(), expected.getTime(), offMs)));
  }
  const others = expected as Record<string, unknown>;
  if (Array.isArray(actual)) return actual.map((each, at) => withTimesOf(each, others[at], offMs));
  return Object.fromEntries(
    Object.entries(actual).map(([name, value]) => [name, withTimesOf(value, others[name], offMs)]),
  );
}

function alike(actual: string, expected: string, msMax: number): string {
  const times = expected.match(time) ?? [];
  let at = 0;
  return actual.replaceAll(time, (digits) => {
    const other = times[at++];
    if (other?.length !== digits.length) return digits;
    const unitsPerMs = 10 ** (digits.length - 13);
    const apart = Math.abs(Number(digits) - Number(other));
    return apart <= msMax * unitsPerMs ? other : digits;
  });
}
