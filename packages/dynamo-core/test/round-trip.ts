import type { Codec } from '../src/attributes.js';

/** What a codec makes of a value: it comes back, or is refused. */
export type Outcome = { readonly back: unknown } | { readonly refusal: unknown };

/** Encodes and decodes. An error of `decode` is thrown: what is stored must come back. */
export async function roundTrip(codec: Codec, value: unknown): Promise<Outcome> {
  let attribute;
  try {
    attribute = await codec.encode(value, 'k');
  } catch (refusal) {
    return { refusal };
  }
  return { back: withoutNegativeZero(await codec.decode(attribute, 'k')) };
}

/** Both of DynamoDB's number and JSON's have one zero, and `===` does not tell two apart. */
export function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (value instanceof Set) return new Set([...value].map(withoutNegativeZero));
  if (Object.prototype.toString.call(value) !== '[object Object]') return value;
  return Object.fromEntries(
    Object.entries(value as object).map(([name, part]) => [name, withoutNegativeZero(part)]),
  );
}
