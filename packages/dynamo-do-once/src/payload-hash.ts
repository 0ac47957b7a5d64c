import { createHash } from 'node:crypto';

import { jsonCodec } from '@x/dynamo-core';

/**
 * A hash of 43 characters that is equal for equal payloads: SHA-256 of their JSON with sorted keys.
 * Throws an `InvalidInputError` for what JSON would lose.
 */
export async function payloadHash(payload: unknown, label: string): Promise<string | undefined> {
  if (payload === undefined) return undefined;
  const { S: text = '' } = await jsonCodec.encode(payload, label);
  const canonical = JSON.stringify(JSON.parse(text), sortKeys);
  return createHash('sha256').update(canonical).digest('base64url');
}

function sortKeys(_name: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  const entries = Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries);
}
