declare const brand: unique symbol;
declare const flavour: unique symbol;
declare const valueType: unique symbol;

/** A hard brand: only a function or an assertion of ours makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A soft brand: a plain literal fits, a value of another flavour does not. */
export type Flavour<T, Name extends string> = T & { readonly [flavour]?: Name };

/** The name of a table of this environment, from `dynamoTableName` or checked. */
export type DynamoTableName = Brand<string, 'DynamoTableName'>;

/** The part of a sort key that follows the namespace. */
export type SortKey = Flavour<string, 'SortKey'>;

/** A moment, in milliseconds since 1970. */
export type EpochMS = Flavour<number, 'EpochMS'>;

/** A moment, in whole seconds since 1970, as Time to Live wants it. */
export type EpochSeconds = Flavour<number, 'EpochSeconds'>;

/** A duration. */
export type Milliseconds = Flavour<number, 'Milliseconds'>;

/** A duration. */
export type Seconds = Flavour<number, 'Seconds'>;

/**
 * Where a value of type `V` lives in a partitioned table: the sort key of the row is
 * `<namespace>.<sort>`, or just `<sort>` when the namespace is `''`.
 *
 * The value's type exists for the compiler only: `get(key)` returns a `V`.
 */
export interface CompoundKey<P extends string = string, V = unknown> {
  readonly partition: P;
  readonly namespace: string;
  readonly sort: SortKey;
  readonly [valueType]?: V;
}
