import { describeMortality, type Mortal } from '@x/simulation';

import { keysTable, KeyValueCounter } from '../src/index.js';

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

describeMortality({ counts }, [keysTable]);
