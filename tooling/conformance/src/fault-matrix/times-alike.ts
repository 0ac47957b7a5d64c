/** What an answer leaves open: the header is in whole seconds, and an expiry is rounded. */
const toleranceMs = 4_000;
/** Digits of times in seconds, milliseconds, micro- and nanoseconds since 1970. */
const time = /\d{10,19}/g;

/** The same, with times that differ by no more than an answer leaves open made the same. */
export function withTimesOf(actual: unknown, expected: unknown): unknown {
  if (typeof actual === 'string' && typeof expected === 'string') return textOf(actual, expected);
  if (typeof actual === 'number' && typeof expected === 'number') {
    return Number(textOf(String(actual), String(expected)));
  }
  if (typeof actual !== 'object' || actual === null) return actual;
  if (typeof expected !== 'object' || expected === null) return actual;
  if (actual instanceof Error || expected instanceof Error) return errorOf(actual, expected);
  if (actual instanceof Date && expected instanceof Date) {
    return new Date(Number(withTimesOf(actual.getTime(), expected.getTime())));
  }
  const others = expected as Record<string, unknown>;
  if (Array.isArray(actual)) return actual.map((each, at) => withTimesOf(each, others[at]));
  return Object.fromEntries(
    Object.entries(actual).map(([name, value]) => [name, withTimesOf(value, others[name])]),
  );
}

/** An error by what its user sees. */
function errorOf(actual: object, expected: object): unknown {
  const { name, message } = actual as Error;
  const other = expected as Error;
  return { name, message: textOf(message, other.message) };
}

function textOf(actual: string, expected: string): string {
  const times = expected.match(time) ?? [];
  let at = 0;
  return actual.replaceAll(time, (digits) => {
    const other = times[at++];
    if (other?.length !== digits.length) return digits;
    const unitsPerMs = 10 ** (digits.length - 13);
    const apart = Math.abs(Number(digits) - Number(other));
    return apart <= toleranceMs * unitsPerMs ? other : digits;
  });
}
