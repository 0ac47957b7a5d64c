import { InvalidInputError, type Milliseconds, type Seconds } from '@x/dynamo-core';
import {
  partitionedRowsOptionNames,
  type OptionNames,
  type PartitionedRowsOptions,
  within,
} from '@x/dynamo-core/mechanism';

/** What every entry takes. `R` is a request of its framework. */
export interface IdempotencyOptions<R> extends PartitionedRowsOptions {
  /** Whether a request without a key is refused with status 400. @default false */
  readonly required?: boolean | undefined;
  /**
   * Whose keys they are: the user. Keys of other scopes and other routes are other keys. Without it,
   * whoever knows a key and repeats its request is given its answer.
   *
   * @default one scope
   */
  readonly scope?: ((request: R) => string) | undefined;
  /**
   * How many bytes a body may have, of a request and of an answer, a whole number of 1 to 350,000.
   *
   * @default 262_144
   */
  readonly bodyBytesMax?: number | undefined;
  /**
   * How long a handler may take, in milliseconds, 1 to 86,400,000. After it the call ends with a
   * `DoOnceLeaseLostError`, and another may begin; also after a crash.
   *
   * @default 60_000
   */
  readonly leaseMs?: Milliseconds | undefined;
  /** For how long an answer is replayed, in seconds, above 0. @default 86_400 */
  readonly ttlSeconds?: Seconds | undefined;
}

/** The names of `IdempotencyOptions`. */
export const idempotencyOptionNames: OptionNames<IdempotencyOptions<never>> = {
  ...partitionedRowsOptionNames,
  required: 'boolean',
  scope: 'function',
  bodyBytesMax: within(1, 350_000),
  leaseMs: true,
  ttlSeconds: true,
};

/** Whose key a request has; `null` without a scope. Never that of all: a scope that names nobody throws. */
export function scopeOf<R>(scope: ((request: R) => string) | undefined, request: R): string | null {
  if (scope === undefined) return null;
  const whose: unknown = scope(request);
  if (typeof whose === 'string' && whose !== '') return whose;
  throw new InvalidInputError('scope', whose, 'a text that is not empty', { isData: true });
}
