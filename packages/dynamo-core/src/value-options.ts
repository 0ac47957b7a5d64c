import type { ExpiryOptions } from './expiry.js';
import type { OptionNames } from './option-names.js';
import type { CallOptions } from './transport.js';

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
export const readOptionNames: OptionNames<ReadOptions> = { consistent: true, signal: true };

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
