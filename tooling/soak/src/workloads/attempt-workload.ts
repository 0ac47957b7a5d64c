import { LimitedAttempt, type SuccessfulAttempt } from '@x/dynamo-limited-attempt';
import { PartitionedKeyValueTable, type CompoundKey } from '@x/dynamo-partitioned';

import type { Worker } from '../client/worker.js';
import { nowUs } from '../journal.js';
import { outputOf, type Round } from '../run/round.js';
import type { Findings } from './findings.js';
import type { Workload } from './workload.js';

const slotMs = 400;
const pauseMsMax = 10;
/** No window ends while its key is in use. */
const limits = { attemptsMax: 5, windowMs: 600_000 };

/** Clients attempt the same things at once, more often than is allowed. */
export const attemptWorkload: Workload = {
  name: 'attempt',
  breakage: 'reads how often it was attempted and writes it back',

  start: (worker) => {
    const table = new PartitionedKeyValueTable(worker.on('partitioned'));
    const limiter = new LimitedAttempt(table);

    async function attempt(sort: string, admitted: SuccessfulAttempt[]): Promise<boolean> {
      if (worker.isBroken) return naiveAttempt(worker, table, sort);
      const key: CompoundKey<string, never> = { partition: 'soak', namespace: 'attempts', sort };
      const made = await limiter.tryAttempt(key, limits);
      if (made !== undefined) admitted.push(made);
      return made !== undefined;
    }

    return async () => {
      // The same for all clients for a while, so that they meet.
      const slot = Math.floor(nowUs() / 1_000 / slotMs);
      const place = worker.pick(2);
      const sort = `r${worker.round}-${slot}-${place}`;
      const admitted: SuccessfulAttempt[] = [];
      await worker.call('attempt', sort, null, () => attempt(sort, admitted));
      // At every other key, half of what was admitted is given back.
      const [made] = admitted;
      if (made !== undefined && place === 1 && worker.pick(2) === 0) {
        await worker.call('refund', sort, null, () => made.refund());
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: (round, findings) => {
    for (const key of round.keys()) judge(round, key, findings);
  },
};

/** What a limiter does that reads first: two that read at once are both admitted. */
async function naiveAttempt(
  worker: Worker,
  table: PartitionedKeyValueTable,
  sort: string,
): Promise<boolean> {
  const key: CompoundKey<string, number> = { partition: 'soak', namespace: 'naive-attempts', sort };
  const attempts = (await table.get(key, { consistent: true })) ?? 0;
  if (attempts >= limits.attemptsMax) return false;
  await worker.pause(1);
  await table.set(key, attempts + 1);
  return true;
}

function judge(round: Round, key: string, findings: Findings): void {
  const calls = round.callsOf(key, 'attempt');
  const refunds = round.callsOf(key, 'refund');
  const given = refunds.filter((call) => outputOf<boolean>(call)?.output !== false).length;
  const answers = calls.map((call) => outputOf<boolean>(call)?.output);
  const admitted = answers.filter((answer) => answer === true).length;
  const refused = answers.filter((answer) => answer === false).length;
  const unknown = calls.length - admitted - refused;
  const text = `${admitted} admitted, ${refused} refused, ${unknown} of unknown outcome, ${given} given back`;
  const { attemptsMax } = limits;
  findings.expect(
    admitted - given <= attemptsMax,
    () => `attempts of ${key} passed the limit of ${attemptsMax}: ${text}`,
  );
  findings.expect(
    // Fewer changes than a row remembers: no repeat takes another one.
    refused === 0 || admitted + unknown >= attemptsMax || given > 0,
    () => `an attempt of ${key} was refused below the limit of ${attemptsMax}: ${text}`,
  );
}
