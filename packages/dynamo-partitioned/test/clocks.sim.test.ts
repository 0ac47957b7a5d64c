import { describeMortality, type Mortal } from '@x/simulation';

import { partitionedKeysTable, PartitionedKeyValueTable, type CompoundKey } from '../src/index.js';

const tableName = partitionedKeysTable.name;

function keyOf(sort: string): CompoundKey<string, string> {
  return { partition: 'p', namespace: 'n', sort };
}

const values: Mortal = {
  begin: async (machine, id, livesMs) => {
    const table = new PartitionedKeyValueTable({ ...machine, tableName });
    await table.set(keyOf(id), 'begun', { ttlSeconds: livesMs / 1_000 });
  },
  lives: async (machine, id) => {
    const table = new PartitionedKeyValueTable({ ...machine, tableName });
    const isThere = (await table.get(keyOf(id))) !== undefined;
    const isNew = await table.setIfNotExists(keyOf(id), 'again', { ttlSeconds: 3_600 });
    if (isThere === isNew) throw new Error('get() and setIfNotExists() disagree');
    return isThere;
  },
};

describeMortality({ values }, [partitionedKeysTable]);
