import type { CompoundKey } from './brands.js';
import { type OptionNames, type ExpiryOptions, type BatchKey, within } from './input-checks.js';
import type { CallOptions, DynamoTransport } from './transport.js';
import type { Codec } from './attributes.js';
import type { Clock, Random } from './clock.js';
import type { RowOwner, ValueAttributes, ValueChange, ValueTarget } from './write-value.js';

/** How a value is read. */
export interface ReadOptions extends CallOptions {
  /**
   * Sees every write that was acknowledged before, at twice the price.
   *
   * @default false
   */
  readonly consistent?: boolean | undefined;
}

/** The names of `ReadOptions`. */
export const readOptionNames: OptionNames<ReadOptions> = { consistent: 'boolean', signal: true };

/** How a value is written. */
export interface WriteOptions extends CallOptions, ExpiryOptions {}

/** The names of `WriteOptions`. */
export const writeOptionNames: OptionNames<WriteOptions> = {
  ttlSeconds: true,
  expiresAtMs: true,
  signal: true,
};

/** A value with what is known about it. */
export interface Entry<V> {
  readonly value: V;
  /** Opaque. Changes with each write; pass it to `setIfVersion`. */
  readonly version: string;
  /** In milliseconds since 1970; `undefined` when the value does not expire. */
  readonly expiresAtMs: number | undefined;
}

/** How a value is changed. */
export interface ChangeOptions extends CallOptions, ExpiryOptions {
  /**
   * How many times the change is computed and sent before a `ConflictError`.
   *
   * @default 50
   */
  readonly attemptsMax?: number | undefined;
}

/** The names of `ChangeOptions`. */
export const changeOptionNames: OptionNames<ChangeOptions> = {
  ttlSeconds: true,
  expiresAtMs: true,
  attemptsMax: within(1),
  signal: true,
};

/** What a key is, by the kind of table: an id, or a key that says the type of its value. */
export interface ValueKeys<V> {
  readonly id: string;
  readonly compound: CompoundKey<string, V>;
}

/** The rows of a table that hold values, and what it takes. */
export interface ValueStore<K> {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly names: ValueAttributes;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly random: Random;
  /** Whose rows they are, where the table is shared between namespaces. */
  readonly owner?: RowOwner | undefined;
  /** Whether who asks for a value means a counter of the same key, too. */
  readonly hasCounts?: boolean | undefined;
  /** Checks a key of the caller and says where its row is. */
  readonly address: (key: K) => BatchKey;
}

/** The row whose value is changed, and what it takes. */
export interface ChangeTarget extends ValueTarget {
  readonly codec: Codec;
  readonly random: Random;
}

/** A write of a value that can be sent. */
export interface PreparedValue {
  readonly target: ValueTarget & BatchKey;
  readonly write: ValueChange;
}

/** How a value is computed and kept. */
export interface GetOrSetOptions extends CallOptions {
  /** For how long it is fresh, in seconds, above 0. */
  readonly ttlSeconds: number;
  /**
   * For how many seconds more it is given to others while one caller computes it anew. @default 0
   */
  readonly staleSeconds?: number | undefined;
  /**
   * For how long a computation keeps the others from computing, in milliseconds, above 0: longer than
   * it takes. `compute` gets its end as a signal. @default 30000
   */
  readonly leaseMs?: number | undefined;
}

/** What a computation gets. */
export interface ComputeContext {
  /** Aborts when its lease ends, or with the reason of the call's own signal. */
  readonly signal: AbortSignal;
}
