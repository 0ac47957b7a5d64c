// Why a row cannot be written: loaded where that is found out.

import type { CallerKey } from './errors.js';
import { DynamoPrimitiveError, keyText } from './primitive-errors.js';

/** A row would be larger than DynamoDB stores. Nothing was sent. */
export class ItemTooLargeError extends DynamoPrimitiveError {
  static override readonly code = 'ItemTooLarge';

  /** The key of the row, as the caller passed it. */
  readonly key: CallerKey;
  /** The size that the row would have. */
  readonly bytes: number;
  /** The largest size that DynamoDB stores. */
  readonly limit: number;

  constructor(key: CallerKey, bytes: number, limit: number) {
    super(
      `Cannot store "${keyText(key)}": it takes ${bytes} bytes and DynamoDB stores at most ${limit}`,
    );
    this.key = key;
    this.bytes = bytes;
    this.limit = limit;
  }
}

/**
 * The row of this key holds something else: it belongs to another namespace, whose name and ids
 * overlap with this one's, or it holds another thing beside which this one may not stand. Nothing
 * was changed.
 */
export class KeyCollisionError extends DynamoPrimitiveError {
  static override readonly code = 'KeyCollision';

  /** The key, as the caller passed it. */
  readonly key: CallerKey;

  constructor(key: CallerKey, reason: string) {
    super(`Cannot write "${keyText(key)}": ${reason}; use another key`);
    this.key = key;
  }
}

/** A token was used before, for something else. Nothing was changed. */
export class TokenReusedError extends DynamoPrimitiveError {
  static override readonly code = 'TokenReused';

  /** The key of the row that remembers the token, as the caller passed it. */
  readonly key: CallerKey;

  constructor(key: CallerKey) {
    super(
      `Cannot change "${keyText(key)}": its token was used for something else; use a token for each change`,
    );
    this.key = key;
  }
}

/** Every attempt of an optimistic change met a concurrent one. Nothing of it was stored. */
export class ConflictError extends DynamoPrimitiveError {
  static override readonly code = 'Conflict';

  /** The key of the row, as the caller passed it. */
  readonly key: CallerKey;
  /** How many attempts were made. */
  readonly attempts: number;

  constructor(key: CallerKey, attempts: number) {
    super(
      `Cannot update "${keyText(key)}": it was changed by others in each of ${attempts} attempts`,
    );
    this.key = key;
    this.attempts = attempts;
  }
}
