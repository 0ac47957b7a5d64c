import { InvalidInputError } from '@x/dynamo-core';
import { DynamoLock as Locks, locksTable } from '@x/dynamo-lock';

import { settingsOf, type TableProps } from './settings.js';

/** A lock that is held. */
export interface Lock {
  readonly type?: 'lock';
  /** Frees it, where it is still this holder's. */
  release(): Promise<void>;
}

/** What takes locks. */
export interface LockApi {
  /** The lock, or `undefined` while another holds it. */
  tryAcquire(key: string, timeoutSeconds: number): Promise<Lock | undefined>;
}

/** Locks with a lease, by the original's interface over `@x/dynamo-lock`. */
export class DynamoLock implements LockApi {
  readonly #locks: Locks;

  /** Sends nothing. */
  constructor(props: TableProps = {}) {
    this.#locks = new Locks(settingsOf(props, locksTable.name));
  }

  /** Takes the lock for `timeoutSeconds` if it is free. One UpdateItem. */
  async tryAcquire(
    key: string,
    timeoutSeconds: number,
  ): Promise<(Lock & { type: 'lock' }) | undefined> {
    if (typeof timeoutSeconds !== 'number') {
      throw new InvalidInputError('timeoutSeconds', timeoutSeconds, 'a number of seconds');
    }
    const lock = await this.#locks.tryAcquire(key, timeoutSeconds);
    return lock && { type: 'lock', release: async () => void (await lock.release()) };
  }
}
