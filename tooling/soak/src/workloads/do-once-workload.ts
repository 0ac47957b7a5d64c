import { DoOnceManager } from '@x/dynamo-do-once';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

import type { Worker } from '../client/worker.js';
import { outputOf, type Call, type Round } from '../run/round.js';
import type { Findings } from './findings.js';
import type { Workload } from './workload.js';

const slotMs = 400;
const actionMsMax = 30;
const leaseMs = 1_000;
const waitMsMax = 4_000;
/** How often a call whose client was killed may have been sent. */
const attemptsMax = 4;
/** Two payloads come with each of some actions: the first one that is claimed counts. */
const payloads = ['x', 'y'];

const kinds = ['plain', 'failing', 'payload', 'cleared', 'marked'] as const;

/**
 * Clients race to do the same actions; some are killed while they act, and others take over. Some
 * actions fail half of the time, some come with one payload or another, and some are cleared, or marked as done, now and then.
 *
 * One that is broken on purpose looks whether it was done, acts, and marks it as done.
 */
export const doOnceWorkload: Workload = {
  name: 'do-once',

  start: (worker) => {
    const table = new PartitionedKeyValueTable(worker.on('partitioned'));
    const manager = new DoOnceManager(table, { leaseMs, waitMsMax });
    return async () => {
      const number = worker.pick(kinds.length);
      const kind = kinds[number] ?? 'plain';
      const action = `r${worker.round}-${worker.slot(slotMs)}-${number}-${kind}`;
      if (kind === 'cleared' && worker.pick(8) === 0) {
        await worker.call('clearKey', action, null, () => manager.clearKey('soak', action));
      }
      if (kind === 'marked' && worker.pick(8) === 0) {
        await worker.call('markDone', action, '', () => manager.markDone('soak', action));
      }
      const payload = kind === 'payload' ? (payloads[worker.pick(2)] ?? '') : '';
      const fails = kind === 'failing' && worker.pick(2) === 0;
      const act = async (): Promise<void> => {
        await actOnce(worker, action, payload);
        if (fails) throw new ActionFailedError();
      };
      await worker.call('doOnce', action, payload, async () => {
        const options = kind === 'payload' ? { payload } : {};
        if (!worker.isBroken) return (await manager.doOnce('soak', action, act, options)).didAction;
        const key = { partition: 'soak', namespace: 'naive', sort: action };
        if (await table.exists(key, { consistent: true })) return false;
        await act();
        await table.set(key, true);
        return true;
      });
      await worker.pause(actionMsMax);
    };
  },

  check: judgeActions,
};

/** The action may be tried again. */
class ActionFailedError extends Error {
  override readonly name = 'ActionFailedError';
}

async function actOnce(worker: Worker, action: string, payload: string): Promise<void> {
  const run = `${payload}:${worker.random.id()}`;
  worker.note(action, 'begin', run);
  await worker.pause(actionMsMax);
  worker.note(action, 'end', run);
}

export function judgeActions(round: Round, findings: Findings): void {
  for (const key of round.keys()) judge(round, key, findings);
}

function judge(round: Round, key: string, findings: Findings): void {
  const clears = round.callsOf(key, 'clearKey');
  const marks = round.callsOf(key, 'markDone');
  const answers = [...round.callsOf(key, 'doOnce'), ...marks].flatMap((call) => {
    const answer = outputOf<boolean | number>(call);
    return answer === undefined || call.over === undefined
      ? []
      : [
          {
            client: call.client,
            acted: answer.output === true,
            at: call.over.at,
            payload: call.input,
          },
        ];
  });
  const ends = new Map(round.notesOf(key, 'end').map(({ data, at }) => [data, at]));
  // A run without an end is that of a client which was killed: its last sign of life is its begin.
  const runs = round
    .notesOf(key, 'begin')
    .map(({ client, data, at }) => ({
      client,
      from: at,
      to: ends.get(data) ?? at,
      payload: (data as string).split(':')[0],
    }))
    .toSorted((a, b) => a.from - b.from);

  const actors = answers.filter(({ acted }) => acted).map(({ client }) => client);
  // Each clearing, and each repeat of its request, may free a key that is done.
  const freed = clears.reduce((sum, { over }) => sum + (over?.sent ?? attemptsMax), 0);
  findings.expect(
    actors.length <= 1 + freed,
    () => `action ${key} was done by ${actors.join(' and ')}, as each has heard`,
  );
  const taken = new Set([...runs, ...answers].map(({ payload }) => payload));
  findings.expect(
    taken.size <= 1,
    () => `action ${key} was done, or answered as done, with ${JSON.stringify([...taken])}`,
  );
  findings.expect(
    answers.length === 0 || ends.size > 0 || marks.length > 0,
    () => `action ${key} counts as done though no run of it came to its end`,
  );
  // A cleared key may run again at any time, also beside the run whose claim was cleared.
  if (clears.length > 0) return;
  const doneAt = Math.min(...answers.map(({ at }) => at));
  runs.forEach(({ client, from }, index) => {
    // A mark overtakes a claim whose owner may not have begun yet: only later calls find it.
    const decidedAt = marks.length > 0 ? (callOf(round, key, client, from)?.beganAt ?? from) : from;
    findings.expect(
      decidedAt < doneAt,
      () => `${client} began action ${key} ${(from - doneAt) / 1_000} ms after it was done`,
    );
    const before = runs[index - 1];
    findings.expect(
      before === undefined || before.to < from,
      () => `${before?.client} and ${client} ran action ${key} at once`,
    );
  });
}

/** The call within which a client began to act. */
function callOf(round: Round, key: string, client: string, at: number): Call | undefined {
  return round
    .callsOf(key, 'doOnce')
    .findLast((call) => call.client === client && call.beganAt <= at);
}
