import { checkKeyText } from './input-checks.js';
import { sha256 } from './node-module.js';
import { toWireJson } from './wire-json.js';

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

/** The same, of what has been made JSON. */
export function digestOfJson(json: string): string {
  return sha256(JSON.stringify(JSON.parse(json), sortNames));
}

function sortNames(_name: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(
    Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}
