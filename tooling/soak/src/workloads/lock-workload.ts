import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { numberOf } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';
import { DynamoLock, fenceCondition, type HeldLock } from '@x/dynamo-lock';

import type { Worker } from '../client/worker.js';
import { nowUs } from '../journal/now-us.js';
import { judgeLocks } from './judge-locks.js';
import type { Workload } from './workload.js';

const keysPerRound = 3;
const leaseMs = 1_000;
const waitMsMax = 1_500;
const worksMax = 5;
const workMsMax = 150;
/** Now and then a holder works beyond its lease. */
const longWorkOneOf = 12;
const longWorkMs = 1_600;

/**
 * Clients take locks, write a row under the fence of the lock while they hold it and sometimes
 * after, and release; some are stopped for seconds meanwhile, and their clocks differ.
 */
export const lockWorkload: Workload = {
  name: 'lock',
  breakage: 'frees the lock before it takes it, whoever holds it, and writes without the fence',
  waits: true,
  isPaused: true,

  start: (worker) => {
    const { options, tables } = worker;
    const locks = new DynamoLock({ ...options, tableName: tables.locks });
    return async () => {
      const key = `r${worker.round}-${worker.pick(keysPerRound)}`;
      const heartbeat = worker.pick(3) === 0;
      let lock: HeldLock | undefined;
      await worker.call('acquire', key, { heartbeat }, async () => {
        if (worker.isBroken) await locks.forceRelease(key);
        lock = await locks.acquire(key, { leaseMs, waitMsMax, heartbeat });
        return lock.fence;
      });
      const held = lock;
      if (held === undefined) return;
      await workWith(worker, held);
      await worker.call('release', key, held.fence, () => held.release());
    };
  },

  check: async (round) => judgeLocks(round),
};

async function workWith(worker: Worker, lock: HeldLock): Promise<void> {
  const works = worker.pick(worksMax);
  noteHeld(worker, lock);
  for (let work = 0; work < works; work++) {
    const isLong = worker.pick(longWorkOneOf) === 0;
    await (isLong ? worker.clock.sleep(longWorkMs) : worker.pause(workMsMax));
    noteHeld(worker, lock);
    await worker.call('write', lock.key, lock.fence, () => write(worker, lock));
  }
  noteHeld(worker, lock);
}

/** Journals that the lock is held: it was so at the instant that is taken before asking. */
function noteHeld(worker: Worker, lock: HeldLock): void {
  const at = nowUs();
  if (lock.remainingMs > 0) worker.note(lock.key, 'held', lock.fence, at);
}

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
