import { InvalidInputError, type PartitionedTable } from '@x/dynamo-core';
import { uncorrected } from '@x/dynamo-core/mechanism';

import { PartitionedKeyValueTable } from './partitioned-key-value-table.js';
import { clockOf, type TimeProvider } from './settings.js';
import { refuseUnheard } from './unheard-methods.js';

/** A table whose time is that of a `timeProvider`. Throws for a table that is not ours. */
export function timedBy(table: PartitionedTable, timeProvider?: TimeProvider): PartitionedTable {
  if (table instanceof PartitionedKeyValueTable) {
    const methods = ['get', 'set', 'setIfNotExists', 'delete'] as const;
    refuseUnheard('table', table, PartitionedKeyValueTable, methods);
  }
  const { rows } = Object(table) as Partial<PartitionedTable>;
  if (typeof rows?.address !== 'function') {
    const allowed = 'a PartitionedKeyValueTable of @x/dynamo-compat or of @x/dynamo-partitioned';
    throw new InvalidInputError('table', table, allowed);
  }
  const clock = clockOf({ timeProvider });
  return clock === undefined ? { rows } : { rows: { ...rows, clock: uncorrected(clock) } };
}
