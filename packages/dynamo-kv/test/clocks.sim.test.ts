import { describeMortality, type Mortal } from '@x/simulation';

import { keysTable, KeyValueTable } from '../src/index.js';

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

const computed: Mortal = {
  begin: async (machine, id, livesMs) => {
    const options = { ttlSeconds: livesMs / 1_000 };
    await new KeyValueTable({ ...machine, tableName }).getOrSet(id, () => 'begun', options);
  },
  lives: async (machine, id) => {
    let isNew = false;
    const compute = (): string => ((isNew = true), 'again');
    const kv = new KeyValueTable({ ...machine, tableName });
    await kv.getOrSet(id, compute, { ttlSeconds: 3_600 });
    return !isNew;
  },
};

describeMortality({ values, 'computed ones': computed }, [keysTable]);
