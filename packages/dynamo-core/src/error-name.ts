/**
 * The name of an error, `undefined` for what has none. Errors are told by it and never by
 * `instanceof`: a test runner may run each file in a realm of its own, whose `Error` is another.
 */
export function errorName(error: unknown): string | undefined {
  const { name } = (error ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}
