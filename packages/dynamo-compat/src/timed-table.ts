import { InvalidInputError, type PartitionedTable } from '@x/dynamo-core';
import { uncorrected } from '@x/dynamo-core/mechanism';

import { clockOf, type TimeProvider } from './settings.js';

/** A table whose time is that of a `timeProvider`. Throws for a table that is not ours. */
export function timedBy(table: PartitionedTable, timeProvider?: TimeProvider): PartitionedTable {
  const { rows } = Object(table) as Partial<PartitionedTable>;
  if (typeof rows?.address !== 'function') {
    const allowed = 'a PartitionedKeyValueTable of @x/dynamo-compat or of @x/dynamo-partitioned';
    throw new InvalidInputError('table', table, allowed);
  }
  if (timeProvider === undefined) return { rows };
  const clock = clockOf({ timeProvider });
  return clock === undefined ? { rows } : { rows: { ...rows, clock: uncorrected(clock) } };
}
