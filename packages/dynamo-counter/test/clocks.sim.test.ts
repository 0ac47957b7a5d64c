import { describeMortality, describeWindows, type Mortal } from '@x/simulation';

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

/** A message lives as long as it is not counted again. */
const messages: Mortal = {
  begin: async (machine, id, livesMs) => {
    const options = { token: 'message', tokenTtlSeconds: livesMs / 1_000 };
    const counter = new KeyValueCounter({ ...machine, tableName });
    await counter.incr(id, 1, options);
    // The row of the count would know it for longer.
    await counter.delete(id);
  },
  lives: async (machine, id) => {
    const options = { token: 'message', tokenTtlSeconds: 3_600 };
    return (await new KeyValueCounter({ ...machine, tableName }).incr(id, 1, options)) !== 1;
  },
};

describeMortality({ counts, messages }, [keysTable]);

const windowMs = 600_000;

describeWindows(
  {
    'a count of a window': async (machine, id, rows) => {
      const counter = new KeyValueCounter({ ...machine, tableName, namespace: '' });
      await counter.windowed({ windowMs }).incr(id);
      const key = rows().find((row) => row['key']?.S?.startsWith(`${id}@`))?.['key']?.S;
      const startMs = Number(key?.split('/')[1]);
      return { startMs, endMs: startMs + windowMs };
    },
  },
  keysTable,
);
