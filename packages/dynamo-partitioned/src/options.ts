import {
  InvalidInputError,
  type CallOptions,
  type Codec,
  type CompoundKey,
  type Entry,
  type ExpiryOptions,
  type ReadOptions,
  type SortKey,
} from '@x/dynamo-core';
import {
  checkedOptions,
  checkString,
  type ClearProgress,
  listOf,
  type OptionNames,
  type PartitionedRowsOptions,
  within,
} from '@x/dynamo-core/mechanism';

/** How a table is opened: the connection, names of its own, a codec. */
export interface PartitionedKeyValueTableOptions extends PartitionedRowsOptions {
  /** How values become attributes and back. @default jsonCodec */
  readonly codec?: Codec | undefined;
}

/** Where a value of type `V` lives, in a partition of any name. */
export type KeyOf<V> = CompoundKey<string, V>;

/** Where a set of elements of type `E` lives. */
export type SetKeyOf<E> = KeyOf<readonly E[]>;

/** Makes a value of another one; `undefined` leaves it. */
export type ChangeOf<V> = (current: V | undefined) => V | undefined | Promise<V | undefined>;

/** A value and where it goes, with an expiry of its own where it has one. */
export interface BatchItem<V> extends ExpiryOptions {
  readonly key: KeyOf<V>;
  readonly data: NoInfer<V>;
}

/** A row as it is stored. */
export interface RawRow {
  /** The whole sort key, namespace included; a number in DynamoDB's spelling. */
  readonly key: string;
  /** The stored text: the JSON of a value, or the number of a counter that is alone in its row. */
  readonly value: string;
}

/** Which part of a partition. */
export interface RangeOptions extends ReadOptions {
  /** Only keys of this namespace. @default '' (all of them) */
  readonly namespace?: string | undefined;
  /** Only sorts that begin with this text. Not together with `between`. */
  readonly prefix?: string | undefined;
  /** Only sorts from the first to the second, both included, in the order of their bytes. */
  readonly between?: readonly [from: SortKey | number, to: SortKey | number] | undefined;
}

/** Which keys are listed. */
export type IdsOptions = Omit<RangeOptions, 'between'>;

/** The names of `IdsOptions`. */
export const idsOptionNames: OptionNames<IdsOptions> = {
  namespace: checkString,
  prefix: checkString,
  consistent: 'boolean',
  signal: true,
};

const rangeOptionNames: OptionNames<RangeOptions> = { ...idsOptionNames, between: checkBetween };

/** A copy of `RangeOptions`, with names that it knows alone. */
export function rangeOptions(options?: RangeOptions): RangeOptions {
  return copied(checkedOptions(options, rangeOptionNames));
}

function copied<T extends RangeOptions>(options: T): T {
  return { ...options, between: options.between && [...options.between] };
}

function checkBetween(name: string, value: readonly unknown[]): void {
  if (listOf(name, value).length !== 2) throw new InvalidInputError(name, value, 'two sort keys');
}

/** Which entries are listed, and in which direction. */
export interface EntriesOptions extends RangeOptions {
  /** From the last sort key to the first. @default false */
  readonly reverse?: boolean | undefined;
  /** The most entries, 1 or more. @default all of them */
  readonly limit?: number | undefined;
  /**
   * Gets the error of each row that cannot be read, with its sort key; the listing goes on. Without
   * it, the first such row ends the listing with that error.
   */
  readonly onError?: ((error: Error, sortKey: string) => void) | undefined;
}

/** A copy of `EntriesOptions`, with names that it knows alone. */
export function entriesOptions(options?: EntriesOptions): EntriesOptions {
  const names = {
    ...rangeOptionNames,
    reverse: 'boolean',
    limit: within(1),
    onError: 'function',
  } as const;
  return copied(checkedOptions(options, names));
}

/** A value of a partition with its key. */
export interface PartitionEntry<V> extends Entry<V> {
  /** Its namespace is the one that was listed, `''` without one. `get(key)` reads the same row. */
  readonly key: KeyOf<V>;
}

/** How the clearing of a partition is watched and stopped. */
export interface ClearOptions extends CallOptions {
  /** Only rows of this namespace. @default '' (all of the partition, those of limits and do-once too) */
  readonly namespace?: string | undefined;
  /** Is called after each hundred rows, and at the end. */
  readonly onProgress?: ((progress: ClearProgress) => unknown) | undefined;
}

/**
 * One element of a set, or several in an array. An array always means several: an element that is
 * an array itself goes into another one (`[[1, 2]]`).
 */
export type Elements<E> = readonly E[] | Exclude<E, readonly unknown[]>;

/** Whether an element of a set is the one that is meant. @default deep equality */
export type Equality<E> = (existing: E, candidate: E) => boolean;
