import { InvalidInputError, type CompoundKey } from '@x/dynamo-core';
import {
  checkedOptions,
  partitionedRows,
  partitionedRowsOptionNames,
  type OptionNames,
  type PartitionedHandle,
  type PartitionedRowsOptions,
} from '@x/dynamo-core/mechanism';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';

/** What every store takes. */
export interface StoreOptions extends PartitionedRowsOptions {
  /**
   * Keeps the clients of one store apart from those of another: the rows of a client have it in their
   * sort key.
   *
   * @default 'default'
   */
  readonly prefix?: string | undefined;
  /**
   * How long a request to DynamoDB may take, in milliseconds above 0, until the framework gets an
   * error.
   *
   * @default 5_000
   */
  readonly timeoutMs?: number | undefined;
}

/** The names of `StoreOptions`. */
export const storeOptionNames: OptionNames<StoreOptions> = {
  ...partitionedRowsOptionNames,
  prefix: true,
  timeoutMs: true,
};

/** The sort keys of all stores begin with it. */
const namespace = 'rate_limit';

/** Where a store keeps the hits of its clients. */
export interface StoreTable {
  readonly rows: PartitionedHandle;
  readonly limiter: LimitedAttempt;
  readonly prefix: string;
}

/** Checks the options of a store, and opens its table. Sends nothing. */
export function openTable<T extends StoreOptions>(
  options: T | undefined,
  names: OptionNames<T>,
): StoreTable {
  const { prefix = 'default', timeoutMs = 5_000, ...connection } = checkedOptions(options, names);
  if (typeof prefix !== 'string' || prefix === '') {
    throw new InvalidInputError('prefix', prefix, 'a text that is not empty');
  }
  const rows = partitionedRows(connection);
  return { rows, limiter: new LimitedAttempt({ rows }, { timeoutMs }), prefix };
}

/** The client itself is the partition: all clients share none. */
export function keyOf(client: string, prefix: string): CompoundKey<string, never> {
  return { partition: client, namespace, sort: prefix };
}

/** The sort key of every row of a store. */
export function sortKeyOf(prefix: string): string {
  return `${namespace}.${prefix}`;
}
