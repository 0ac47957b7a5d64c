import {
  expectNoViolation,
  mortality,
  mortalityOptions,
  sample,
  wrongClocks,
  type Mortal,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { keysTable, KeyValueCounter } from '../src/index.js';

const tables = [keysTable];
const tableName = keysTable.name;

const counts: Mortal = {
  begin: async (machine, id, livesMs) => {
    await new KeyValueCounter({ ...machine, tableName, ttlSeconds: livesMs / 1_000 }).incr(id, 10);
  },
  lives: async (machine, id) => {
    const count = await new KeyValueCounter({ ...machine, tableName, ttlSeconds: 3_600 }).incr(id);
    return count > 10;
  },
};

describe.each(Object.entries(wrongClocks))('a clock %s', { timeout: 60_000 }, (name, clock) => {
  test.each(['live', 'dead', 'new'] as const)('and counts, first one that is %s', async (first) => {
    const options = { ...mortalityOptions(`${name}, ${first}`), tables };
    expectNoViolation(await sample(mortality(counts, clock, first), options));
  });
});
