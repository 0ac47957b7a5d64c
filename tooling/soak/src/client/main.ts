// One client process of a soak: runs its workloads until it is asked to stop, or killed.
import { ServerBounds } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';
import { systemClock, systemRandom, type Clock } from '@x/dynamo-core';
import { engineClient, FaultHandler, immediateRetries, seededRandom } from '@x/dynamo-testing';

import { JournalWriter, nowUs } from '../journal.js';
import { workloadNamed } from '../workloads/workloads.js';
import type { ClientJob } from './client-job.js';
import { randomFaults, type FaultPlanner } from './fault-plan.js';
import { Worker } from './worker.js';

/** How long a clock runs before it is set. */
const clockStepMs = 3_000;
const job = JSON.parse(process.argv[2] ?? '') as ClientJob;
const journal = new JournalWriter(job.journalPath);
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
let calls = 0;
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

function currentRound(): number {
  return Math.floor((nowUs() - job.startedAtUs) / 1_000 / job.roundMs);
}

async function runLoop(name: string): Promise<void> {
  let attempts = 0;
  let copyAt = 0;
  const plan = randomFaults(random, (fault) => journal.write({ kind: 'fault', fault }));
  const counted: FaultPlanner = (call) => {
    const fault = plan(call);
    attempts += fault?.kind === 'duplicate' || fault?.kind === 'late-copy' ? 2 : 1;
    if (fault?.kind === 'late-copy') copyAt = Math.max(copyAt, nowUs() + fault.delayMs * 1_000);
    return fault;
  };
  const faults = new FaultHandler(counted);
  const dynamo = engineClient(job.endpoint, { faults, retryStrategy: immediateRetries() });
  const worker = new Worker({
    client: job.name,
    workload: name,
    journal,
    dynamo,
    clock,
    random,
    tables: job.tables,
    isBroken: job.broken.includes(name),
    nextId: () => calls++,
    attempts: () => attempts,
    takeCopyAt: () => {
      const taken = copyAt;
      copyAt = 0;
      return taken;
    },
  });
  const step = workloadNamed(name).start(worker);
  while (!stopping.signal.aborted) {
    const round = currentRound();
    // A new plan empties the handler's log, which would grow without end.
    if (round !== worker.round) faults.use(counted);
    worker.enter(round);
    await step();
  }
  dynamo.destroy();
}
