import { InvalidInputError, type Item, type Random } from '@x/dynamo-core';
import { checkToken, digestOf, tokenId, type TokenId } from '@x/dynamo-core/mechanism';

/** What a row remembers a change by: a fresh id, or the caller's token with what it is used for. */
export function changeId(
  token: string | undefined,
  verb: string,
  amount: bigint,
  random: Random,
): TokenId {
  if (token !== undefined) return tokenId(token, [verb, String(amount)]);
  const id = random.id();
  return { id, entry: id };
}

/** The same, where a row remembers at all: a token asks for that. */
export function rememberedId(
  { exactlyOnce = true }: { readonly exactlyOnce?: boolean | undefined },
  token: string | undefined,
  verb: string,
  amount: bigint,
  random: Random,
): TokenId | undefined {
  if (exactlyOnce) return changeId(token, verb, amount, random);
  if (token === undefined) return undefined;
  throw new InvalidInputError('token', token, 'left out where exactlyOnce is false');
}

/** The name of the row of a token: the hash of the counter's key and the token. */
export function markerName(counterKey: Item, token: string): string {
  checkToken(token);
  return `#${digestOf([counterKey, token])}`;
}
