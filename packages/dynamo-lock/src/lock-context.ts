import type { Connection, Logger } from '@x/dynamo-core';

/** What every part of a `DynamoLock` works with. */
export interface LockContext extends Connection {
  readonly logger: Logger | undefined;
  /** By how much the clocks of two clients may differ. */
  readonly skewToleranceMs: number;
  /** Who this client is, in the rows that it writes. */
  readonly holder: string;
}
