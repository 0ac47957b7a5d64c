import type { Instant } from '@x/dynamo-core';

import type { Holding } from './requests.js';

/** What an acquisition hands over. */
export interface Lease extends Holding {
  readonly key: string;
  readonly leaseMs: number;
  /** Until when the lock is held: reckoned from before the request was first sent. */
  readonly deadline: Instant;
}
