import { InvalidInputError } from './errors.js';

/**
 * Throws for a result that has yet to be worked off: a generator or another iterator, an async
 * iterable, a stream. Whoever acts under a lease would do the work when the lease has ended.
 */
export function checkFinished(field: string, result: unknown): void {
  if (isLazy(result)) {
    throw new InvalidInputError(
      field,
      result,
      'finished work: read it to its end, and return that',
    );
  }
}

function isLazy(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const { next, getReader, pipe } = result as Record<string, unknown>;
  if (Symbol.asyncIterator in result) return true;
  if (Symbol.iterator in result && typeof next === 'function') return true;
  return typeof getReader === 'function' || typeof pipe === 'function';
}
