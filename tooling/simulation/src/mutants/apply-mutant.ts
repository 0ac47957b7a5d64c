import type { Mutant } from './mutant.js';

/** The source with the breakage in it. Throws when `find` does not stand in it exactly once. */
export function applyMutant(source: string, { file, find, replace }: Mutant): string {
  const parts = source.split(find);
  if (find === '' || parts.length !== 2) {
    const times = find === '' ? 'no text' : `the text ${parts.length - 1} times`;
    throw new RangeError(`Cannot break ${file}: it has ${times} instead of once: ${find}`);
  }
  return parts.join(replace);
}
