import { createHash } from 'node:crypto';

import { InvalidInputError, type Random } from '@x/dynamo-core';

import { idLength } from './counter-row.js';

/**
 * What a row remembers a change by: a fresh id, or the hash of the caller's own token, so that
 * tokens of any length take the same room. Ids are only compared within one row: 72 bits do.
 */
export function operationId(token: string | undefined, random: Random): string {
  if (token === undefined) return random.id();
  checkToken(token);
  return hash(token).slice(0, idLength);
}

/** The name of the marker row of a token: the hash of the counter's key and the token. */
export function markerId(counterKey: string, token: string): string {
  checkToken(token);
  return `#${hash(JSON.stringify([counterKey, token]))}`;
}

function checkToken(token: string): void {
  if (typeof token !== 'string' || token === '') {
    throw new InvalidInputError('token', token, 'a string that is not empty');
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
