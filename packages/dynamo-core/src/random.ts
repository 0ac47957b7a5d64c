/**
 * Where a primitive gets its randomness from. Injected like the clock, so that a simulation with a
 * seed repeats itself (`seededRandom` in `@x/dynamo-testing`).
 */
export interface Random {
  /** A number in `[0, 1)`, for jitter. */
  unit(): number;
  /**
   * A fresh operation id: 12 characters of `A-Z a-z 0-9 - _`, 72 random bits. Ids are only ever
   * compared within one row, so that this many bits never meet by chance.
   */
  id(): string;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The platform's cryptographic generator for ids, `Math.random` for jitter. */
export const systemRandom: Random = {
  unit: () => Math.random(),
  id: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    let id = '';
    for (const byte of bytes) id += alphabet[byte & 63];
    return id;
  },
};
