import {
  expectNoViolation,
  mortality,
  mortalityOptions,
  sample,
  wrongClocks,
  type Mortal,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const tables = [keysTable];
const tableName = keysTable.name;

const values: Mortal = {
  begin: (machine, id, livesMs) =>
    new KeyValueTable({ ...machine, tableName }).set(id, 'begun', { ttlSeconds: livesMs / 1_000 }),
  lives: async (machine, id) => {
    const kv = new KeyValueTable({ ...machine, tableName });
    const isThere = (await kv.get(id)) !== undefined;
    const isNew = await kv.setIfNotExists(id, 'again', { ttlSeconds: 3_600 });
    if (isThere === isNew) throw new Error('get() and setIfNotExists() disagree');
    return isThere;
  },
};

describe.each(Object.entries(wrongClocks))('a clock %s', { timeout: 60_000 }, (name, clock) => {
  test.each(['live', 'dead', 'new'] as const)('and values, first one that is %s', async (first) => {
    const options = { ...mortalityOptions(`${name}, ${first}`), tables };
    expectNoViolation(await sample(mortality(values, clock, first), options));
  });
});
