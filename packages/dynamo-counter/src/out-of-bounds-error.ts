import { DynamoPrimitiveError } from '@x/dynamo-core';

/** What is known about a change that was refused. */
export interface CounterBounds {
  /** What the count is; 0 for a counter that does not exist. */
  readonly current: number | bigint;
  /** What was to be added. */
  readonly by: number | bigint;
  /** The smallest count that was allowed. */
  readonly min: number | bigint;
  /** The largest count that was allowed. */
  readonly max: number | bigint;
  /** When the count starts over: the end of its window or its expiry. `undefined` for never. */
  readonly resetAtMs?: number | undefined;
}

/** The change would take the count out of its bounds. Nothing was changed. */
export class CounterOutOfBoundsError extends DynamoPrimitiveError implements CounterBounds {
  static override readonly code = 'CounterOutOfBounds';

  /** The key of the counter, as it is stored. */
  declare readonly key: string;
  declare readonly current: number | bigint;
  declare readonly by: number | bigint;
  declare readonly min: number | bigint;
  declare readonly max: number | bigint;
  declare readonly resetAtMs: number | undefined;

  constructor(key: string, bounds: CounterBounds) {
    const { current, by, min, max } = bounds;
    super(`Cannot add ${by} to "${key}": it is at ${current} and must stay from ${min} to ${max}`);
    Object.assign(this, bounds, { key });
  }
}
