import { describeMortality, type Mortal } from '@x/simulation';

import { keysTable, DynamoKeyv } from '../src/index.js';

const tableName = keysTable.name;

const lives: Mortal['lives'] = async (machine, id) =>
  (await new DynamoKeyv({ ...machine, tableName }).get(id)) !== undefined;

describeMortality(
  {
    'a value': {
      begin: async (machine, id, livesMs) => {
        await new DynamoKeyv({ ...machine, tableName }).set(id, 'value', livesMs);
      },
      lives,
    },
    'one of many values': {
      begin: async (machine, id, livesMs) => {
        const entry = { key: id, value: 'value', ttl: livesMs };
        await new DynamoKeyv({ ...machine, tableName }).setMany([entry]);
      },
      lives,
    },
  },
  [keysTable],
  10,
);
