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

/** The parts of a UUID (version 4) that are random throughout, three hexadecimal digits each. */
const randomParts = [0, 3, 9, 24, 27, 30];

/** The platform's cryptographic generator for ids, `Math.random` for jitter. */
export const systemRandom: Random = {
  unit: () => Math.random(),
  id: () => {
    // The platform keeps a pool of random bytes for UUIDs, which costs a tenth of asking for bytes.
    const uuid = crypto.randomUUID();
    let id = '';
    for (const start of randomParts) {
      const bits = Number.parseInt(uuid.slice(start, start + 3), 16);
      id += `${alphabet[bits >> 6]}${alphabet[bits & 63]}`;
    }
    return id;
  },
};
