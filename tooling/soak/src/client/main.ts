// One client process of a soak: runs its workloads until it is asked to stop, or killed.
import { ServerBounds } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';
import { systemClock, systemRandom, type Clock } from '@x/dynamo-core';
import { engineClient, seededRandom } from '@x/dynamo-testing';

import { JournalWriter } from '../journal.js';
import { workloadNamed } from '../workloads/workloads.js';
import { currentRound, type ClientJob } from './client-job.js';
import { Worker } from './worker.js';

/** How long a clock runs before it is set. */
const clockStepMs = 3_000;
const job = JSON.parse(process.argv[2] ?? '') as ClientJob;
const seeded = seededRandom(job.seed);
const random = { unit: () => seeded.unit(), id: () => systemRandom.id() };
const clock: Clock = {
  ...systemClock,
  now: () => {
    const step = Math.floor(performance.now() / clockStepMs) % job.clockOffsetsMs.length;
    return Date.now() + (job.clockOffsetsMs[step] ?? 0);
  },
  // What one of its connections learns of DynamoDB's time, all know.
  serverBounds: new ServerBounds(),
};
const shared = { job, journal: new JournalWriter(job.journalPath), clock, random };
const stopping = new AbortController();

process.once('SIGTERM', () => {
  stopping.abort();
});
// The run ends with its own process, however that ended.
process.once('disconnect', () => process.exit());

await readClock();
await Promise.all(job.workloads.map(runLoop));
process.disconnect();

/** What a machine does by its first request is decided by its own clock: here, it reads nothing. */
async function readClock(): Promise<void> {
  const dynamo = engineClient(job.endpoint);
  const options = { dynamo, clock, serverClock: true, namespace: 'clock' };
  await new KeyValueTable({ ...options, tableName: job.tables.keys }).has('first');
  dynamo.destroy();
}

async function runLoop(name: string): Promise<void> {
  const worker = new Worker(shared, name);
  const step = workloadNamed(name).start(worker);
  while (!stopping.signal.aborted) {
    worker.enter(currentRound(job));
    await step();
  }
  worker.dynamo.destroy();
}
