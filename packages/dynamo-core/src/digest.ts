import { nodeModule } from './node-module.js';

/** The SHA-256 of a text or of bytes, in letters that a URL may hold. */
export function sha256(data: string | Uint8Array): string {
  return nodeModule('node:crypto').createHash('sha256').update(data).digest('base64url');
}

/** The SHA-256 of JSON, with its names in any order. */
export function digestOfJson(json: string): string {
  return sha256(JSON.stringify(JSON.parse(json), sortNames));
}

function sortNames(_name: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(
    Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}
