import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { types } from 'node:util';

import { InvalidInputError } from '@x/dynamo-core';

/**
 * What a request of node:http is about: its query and its parsed body. Throws where it has a body
 * that no parser has read, as two of them could not be told apart.
 */
export function payloadOf(request: IncomingMessage, url: string, body: unknown): unknown {
  const query = url.slice(pathOf(url).length);
  if (body === undefined && hasBody(request)) {
    const allowed = 'parsed before: by express.json(), express.raw() or another parser';
    throw new InvalidInputError('request.body', body, allowed);
  }
  return [query, types.isUint8Array(body) ? digest(body) : (body ?? null)];
}

/** Without the query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length'] ?? 0);
  return headers['transfer-encoding'] !== undefined || length > 0;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
