import type { CompoundKey } from '@x/dynamo-core';
import {
  partitionedRowsOptionNames,
  perShape,
  rowsOf,
  type PartitionedRowsOptions,
} from '@x/dynamo-core/mechanism';

import { Counter } from './counter.js';
import { counterOptionNames, type CounterOptions } from './counter-options.js';
import { counterAttributes, idRegisters, type CounterTable } from './counter-row.js';
import type { CountMode } from './requests.js';

/** Where a counter is kept and how it counts. */
export interface PartitionedKeyValueCounterOptions<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
>
  extends PartitionedRowsOptions, CounterOptions<M, N> {}

/**
 * Counters on the `partitioned_keys` table, beside a value of the same key and without touching it;
 * only the expiry is one for both.
 *
 * @example
 * ```ts
 * import { PartitionedKeyValueCounter, dynamoTableName } from '@x/dynamo-counter';
 *
 * const counter = new PartitionedKeyValueCounter({
 *   tableName: dynamoTableName('partitioned_keys'),
 * });
 * await counter.incr({ partition: 'user-123', namespace: 'stats', sort: 'logins' });
 * ```
 */
export class PartitionedKeyValueCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> extends Counter<CompoundKey, M, N> {
  /** Checks the options. Sends nothing. */
  constructor(options: PartitionedKeyValueCounterOptions<M, N> = {}) {
    const own = [...Object.values(counterAttributes), ...idRegisters];
    const { rows, given } = rowsOf<PartitionedKeyValueCounterOptions<M, N>>(options, own, {
      ...partitionedRowsOptionNames,
      ...counterOptionNames,
    });
    const table: CounterTable<CompoundKey> = {
      ...rows,
      address: (key, _window, shard) => {
        const at = rows.address(key);
        if (shard === '') return at;
        return rows.address({ ...at.callerKey, partition: at.callerKey.partition + shard });
      },
      // A table of numbers has a place for it in a partition of its own alone.
      markerAddress: ({ partition, namespace }, marker) =>
        rows.mappings.sortKeyFieldAWSType === 'N'
          ? rows.address({ partition: marker, namespace: '', sort: '0' })
          : rows.address({ partition, namespace, sort: marker }),
      dataName: rows.mappings.dataFieldName,
      versionName: rows.mappings.md5,
      expressions: perShape(),
    };
    super(table, given);
  }
}
