import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { numberOf } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';
import { DynamoLock, fenceCondition, type HeldLock } from '@x/dynamo-lock';

import type { Worker } from '../client/worker.js';
import { judgeLocks } from './judge-locks.js';
import { workUnderLease } from './work-under-lease.js';
import type { Workload } from './workload.js';

const keysPerRound = 3;

/**
 * Clients take locks, write a row under the fence of the lock while they hold it and sometimes
 * after, and release; some are stopped for seconds meanwhile, and their clocks differ.
 *
 * One that is broken on purpose frees the lock before it takes it, whoever holds it, and writes without the fence.
 */
export const lockWorkload: Workload = {
  name: 'lock',
  isPaused: true,

  start: (worker) => {
    const locks = new DynamoLock(worker.on('locks'));
    return async () => {
      const key = `r${worker.round}-${worker.pick(keysPerRound)}`;
      const done = await workUnderLease(
        worker,
        key,
        async (options) => {
          if (worker.isBroken) await locks.forceRelease(key);
          return locks.acquire(key, options);
        },
        (lock) => worker.call('write', key, lock.fence, () => write(worker, lock)),
      );
      if (done === undefined) return;
      await worker.call('release', key, done.held.fence, () => done.held.release());
    };
  },

  check: (round, findings) => judgeLocks(round, findings),
};

/** Writes the row that the lock guards; says which write of that row it was, if it was accepted. */
async function write(worker: Worker, lock: HeldLock): Promise<number | 'refused'> {
  const { names, values, assignment, condition } = fenceCondition(lock);
  const update = new UpdateItemCommand({
    TableName: worker.tables.keys,
    Key: { key: { S: `guarded-${lock.key}` } },
    UpdateExpression: `SET ${assignment} ADD writes :one`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: { ...values, ':one': { N: '1' } },
    ReturnValues: 'ALL_NEW',
    ...(!worker.isBroken && { ConditionExpression: condition }),
  });
  try {
    const { Attributes } = await worker.dynamo.send(update);
    return numberOf(Attributes, 'writes') ?? 0;
  } catch (error) {
    if (isConditionalCheckFailed(error)) return 'refused';
    throw error;
  }
}
