import { type ConformanceEngine, OriginalLock } from '@x/conformance';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Dynamo, Item } from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { injectFaults, ManualClock } from '@x/dynamo-testing';

import * as compat from '../../src/index.js';
import { OriginalKeys } from '../original-keys.js';
import { OriginalPartitions } from '../original-partitions.js';

/** What a line of the table in MIGRATING.md says, done: what each library answers. */
export interface Difference {
  readonly was: unknown;
  readonly is: unknown;
  readonly original: (bench: Bench) => unknown;
  readonly ours: (bench: Bench) => unknown;
  /** Where compat answers as the original does. */
  readonly compat?: (bench: Bench) => unknown;
}

/** The tables of an engine. */
export interface Tables {
  readonly locks: string;
  readonly keys: string;
  readonly partitioned: string;
}

export type Bench = ReturnType<typeof benchOf>;

export async function createTables(engine: ConformanceEngine): Promise<Tables> {
  const [locks, keys, partitioned] = await Promise.all([
    engine.createTable(compat.DynamoLockEntryDao),
    engine.createTable(compat.KeyValueTableDao),
    engine.createTable(compat.PartitionedKeyValueTableDao),
  ]);
  return { locks, keys, partitioned };
}

/** The three libraries at the same tables, and rows that nobody else uses. */
export function benchOf(engine: ConformanceEngine, tables: Tables, client: DynamoDBClient) {
  const namespace = crypto.randomUUID();
  const props = { dynamo: client, tableName: tables.keys, namespace };
  const partitions = { dynamo: client, tableName: tables.partitioned };
  const key = { partition: namespace, namespace: 'n', sort: 's' };
  return {
    engine,
    namespace,
    key,
    client,
    keysProps: props,
    partitionsProps: partitions,

    /** A client of which each first response is lost. */
    lossy: () => {
      const lossy = engine.client();
      injectFaults(lossy, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
      return lossy;
    },

    /** A client of which the first batch comes back unprocessed. */
    partial: () => {
      const partial = engine.client();
      injectFaults(partial, ({ attempt }) =>
        attempt === 1 ? { kind: 'partial', keep: 0 } : undefined,
      );
      return partial;
    },

    row: (sort = key.sort): Promise<Item | undefined> =>
      engine.row(tables.partitioned, {
        partitionKey: { S: key.partition },
        sortKey: { S: `${key.namespace}.${sort}` },
      }),

    their: {
      lock: (clock = new ManualClock(), dynamo = client) =>
        new OriginalLock(dynamo, tables.locks, clock),
      keys: (dynamo: Dynamo = client, { tableName, namespace: of } = props) =>
        new OriginalKeys(dynamo, tableName, of),
      partitions: (dynamo: Dynamo = client) => new OriginalPartitions(dynamo, tables.partitioned),
    },
    our: {
      lock: (clock = new ManualClock(), dynamo = client) =>
        new DynamoLock({ dynamo, tableName: tables.locks, clock, skewToleranceMs: 0 }),
      keys: (dynamo: Dynamo = client) => new KeyValueTable({ ...props, dynamo }),
      counter: (dynamo: Dynamo = client) => new KeyValueCounter({ ...props, dynamo }),
      partitions: (dynamo: Dynamo = client) =>
        new PartitionedKeyValueTable({ ...partitions, dynamo }),
    },
    moved: {
      lock: () => new compat.DynamoLock({ ...partitions, tableName: tables.locks }),
      keys: () => new compat.KeyValueTable(props),
      counter: () => new compat.KeyValueCounter(props),
      partitions: () => new compat.PartitionedKeyValueTable(partitions),
    },
  };
}
