import type { CompoundKey } from '@x/dynamo-core';
import {
  checkedOptions,
  checkKeyText,
  keyBytesMax,
  partitionedRows,
  partitionedRowsOptionNames,
  sha256,
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

/** Hits go on past every limit: the framework compares. */
export const hitsMax = 1_000_000_000;
/** The longest time that a limiter counts in or blocks for: 31 years. */
const windowMsMax = 1e12;

/** A window as limiters have it, never shorter than it says: frameworks take 0, fractions and `Infinity`. */
export function windowOf(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), windowMsMax);
}

/** The sort keys of all stores begin with it. */
const namespace = 'rate_limit';

/** Where a store keeps the hits of its clients. */
export interface StoreTable {
  readonly rows: PartitionedHandle;
  readonly limiter: LimitedAttempt;
  readonly prefix: string;
}

/** Checks the options of a store, and opens its table; gives them as they were. Sends nothing. */
export function openTable<T extends StoreOptions>(
  options: T | undefined,
  names: OptionNames<T>,
): StoreTable & { readonly given: T } {
  const given = checkedOptions(options, names);
  const { prefix = 'default', timeoutMs = 5_000, ...connection } = given;
  checkKeyText('prefix', prefix, keyBytesMax.sort);
  // Those of a scan go past the limiter, which refuses a time that is none.
  const rows = partitionedRows({
    ...(Number.isFinite(timeoutMs) && timeoutMs > 0 && { requestMsMax: timeoutMs }),
    ...connection,
  });
  return { rows, limiter: new LimitedAttempt({ rows }, { timeoutMs }), prefix, given };
}

/**
 * The client itself is the partition: all clients share none. What is no key has its digest: clients are
 * what requests say, of any length, and frameworks may let those pass that a store fails to count.
 */
export function keyOf(client: unknown, sort: string): CompoundKey<string, never> {
  let partition = String(client);
  try {
    checkKeyText('client', typeof client === 'symbol' ? '' : partition);
  } catch {
    // As JSON: all halves of surrogate pairs have the same bytes, and would be one client.
    partition = sha256(JSON.stringify(partition));
  }
  return { partition, namespace, sort };
}

/** The sort key of every row of a store. */
export function sortKeyOf(prefix: string): string {
  return `${namespace}.${prefix}`;
}
