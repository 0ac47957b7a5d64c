import { InvalidInputError } from '@x/dynamo-core';

/** A string of structured fields (RFC 9651). Throws an `InvalidInputError` for a name that can be none. */
export function structuredText(name: string): string {
  if (!/^[\x20-\x7e]+$/.test(name)) throw new InvalidInputError('names', name, 'printable ASCII');
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
