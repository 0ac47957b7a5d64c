import { describeMortality, describeRivals, rivalLeaseMs, type Mortal } from '@x/simulation';
import { describe } from 'vitest';

import { DoOnceManager, partitionedKeysTable, type DoOnceContext } from '../src/index.js';
import { gate } from './test-setup.js';

const tableName = partitionedKeysTable.name;
const failure = new Error('Let another act');

describe('by DynamoDB’s clock no two act', () => {
  describeRivals(async ({ holder, skewToleranceMs, ...rival }, signal) => {
    const leases = { leaseMs: rivalLeaseMs, waitMsMax: 3 * rivalLeaseMs, skewToleranceMs };
    const table = { ...rival, serverClock: true, tableName };
    const manager = new DoOnceManager(table, { ...leases, heartbeat: holder !== 'right 1' });
    const begun = gate<DoOnceContext | undefined>();
    const ends = gate();
    const acts = (context: DoOnceContext): Promise<void> => (begun.open(context), ends.opened);
    const call = manager.doOnce('ann', 'mail', acts, { signal });
    // Somebody else may have done it.
    call.then(() => begun.open(undefined), begun.fail);
    const context = await begun.opened;
    if (context === undefined) return undefined;
    let isActing = true;
    const release = async (): Promise<void> => {
      isActing = false;
      if (holder === 'right 2') ends.open();
      else ends.fail(failure);
      await call.catch((error: unknown) => {
        if (error !== failure) throw error;
      });
    };
    return {
      get remainingMs() {
        return isActing ? context.remainingMs : 0;
      },
      release,
    };
  }, partitionedKeysTable);
});

/** A mark lives as long as nobody else acts. */
const marks: Mortal = {
  begin: async (machine, id, livesMs) => {
    const manager = new DoOnceManager({ ...machine, tableName }, { ttlSeconds: livesMs / 1_000 });
    await manager.doOnce('ann', id, () => undefined);
  },
  lives: async (machine, id) => {
    const manager = new DoOnceManager({ ...machine, tableName });
    const isDone = (await manager.haveAlreadyDone('ann', id)) !== undefined;
    const { didAction } = await manager.doOnce('ann', id, () => undefined);
    if (isDone === didAction) throw new Error('haveAlreadyDone() and doOnce() disagree');
    return isDone;
  },
};

describeMortality({ marks }, [partitionedKeysTable]);
