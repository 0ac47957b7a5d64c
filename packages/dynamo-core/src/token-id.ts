import { digestOfJson, sha256 } from './digest.js';
import { checkKeyText } from './input-checks.js';
import { nodeModule } from './node-module.js';

/** The longest token that DynamoDB takes for a transaction. */
const requestTokenBytesMax = 36;

/** As long as a fresh id. Ids are only compared within one row: 72 bits do. */
const idLength = 12;

const tokenBytesMax = 65_536;

/** Throws an `InvalidInputError` for what is no token: `''`, half of an emoji, more than 64 KB. */
export function checkToken(token: string): void {
  checkKeyText('token', token, tokenBytesMax, { isData: true });
}

/** The token as DynamoDB takes it for a transaction: a longer one is hashed. */
export function requestToken(token: string): string {
  checkToken(token);
  return Buffer.byteLength(token) <= requestTokenBytesMax
    ? token
    : sha256(token).slice(0, requestTokenBytesMax);
}

/** What a row remembers a write by that came with a token of the caller's own. */
export interface TokenId {
  /** Made of the token alone. */
  readonly id: string;
  /** What stands in the row: the id, and the digest of what the token stands for. */
  readonly entry: string;
}

/** The id of a token, and a digest of what was asked for with it (without computed times). */
export function tokenId(token: string, asked: unknown): TokenId {
  checkToken(token);
  const id = sha256(token).slice(0, idLength);
  return { id, entry: `${id}~${digestOf(asked).slice(0, idLength)}` };
}

/** The SHA-256 of what is the same for the same data: names in any order, bytes of any class. */
export function digestOf(data: unknown): string {
  return digestOfJson(toWireJson(data));
}

/**
 * Wire shapes as JSON, with the bytes of binary attributes as base64. Nothing in a wire shape has a
 * string under any other name than `S` and `N`, so that no binary is taken for another attribute.
 */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value, binaryToText);
}

/** Also what codecs take beside wire shapes, for digests. None of it is read back. */
function binaryToText(this: unknown, name: string, part: unknown): unknown {
  const original = (this as Record<string, unknown>)[name];
  if (typeof original === 'bigint') return { bigint: String(original) };
  const { types } = nodeModule('node:util');
  const isSet = types.isSet(original);
  // In any order, like the names of objects.
  if (isSet || types.isMap(original)) return { isSet, of: Array.from(original, toWireJson).sort() };
  if (!types.isUint8Array(original)) return part;
  return { base64: Buffer.from(original).toString('base64') };
}
