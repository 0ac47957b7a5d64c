import { countsRemembered } from '@x/dynamo-core/mechanism';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import type { CompoundKey } from '@x/dynamo-partitioned';

import { isPastMemory, outputOf, type Call, type Round } from '../run/round.js';
import type { Findings } from './findings.js';
import type { Workload } from './workload.js';

const keysPerRound = 3;
const costMax = 3;
const pauseMsMax = 10;
/** No window ends while its key is in use. */
const limit = { attemptsMax: 3, windowMs: 600_000 };
/** Counts what was decided together with the other key. */
const ample = { attemptsMax: 1_000_000, windowMs: 600_000 };

type Answer = { readonly isAdmitted: boolean; readonly attempts: number };

/** Clients attempt, record, give back by key, and decide about two keys at once. */
export const limitWorkload: Workload = {
  name: 'limit',
  breakage: 'counts without looking at the limit',

  start: (worker) => {
    const { isBroken } = worker;
    const limiter = new LimitedAttempt(worker.on('partitioned'));

    async function consume(key: CompoundKey<string, never>): Promise<Answer> {
      const { isAdmitted, attempts } = isBroken
        ? await limiter.record(key, limit)
        : await limiter.consume(key, limit);
      return { isAdmitted: isBroken || isAdmitted, attempts };
    }

    return async () => {
      const sort = `r${worker.round}-${worker.pick(keysPerRound)}`;
      const key = keyOf(sort);
      switch (worker.pick(8)) {
        case 0: {
          const cost = 1 + worker.pick(costMax);
          const record = async () => (await limiter.record(key, limit, { cost })).isAdmitted;
          await worker.call('record', sort, cost, record);
          break;
        }
        case 1:
        case 2:
          await worker.call('refund', sort, 1, () => limiter.refund(key, limit));
          break;
        case 3: {
          const entries = [
            { key, limits: limit },
            { key: keyOf(`${sort}-with`), limits: ample },
          ];
          const decide = async () => (await limiter.attemptAll(entries)).isAdmitted;
          await worker.call('attemptAll', sort, 1, decide);
          break;
        }
        default:
          await worker.call('consume', sort, 1, () => consume(key));
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const limiter = new LimitedAttempt({ dynamo, tableName: tables.partitioned });
    for (const sort of round.keys()) {
      judgeAnswers(round, sort, findings);
      const all = round.callsOf(sort);
      const together = round.callsOf(sort, 'attemptAll');
      judgeCount(sort, all, (await limiter.peek(keyOf(sort), limit)).attempts, findings);
      const other = `${sort}-with`;
      judgeCount(other, together, (await limiter.peek(keyOf(other), ample)).attempts, findings);
    }
  },
};

function keyOf(sort: string): CompoundKey<string, never> {
  return { partition: 'soak', namespace: 'limits', sort };
}

/** What was admitted by one request left the key within its limit. */
function judgeAnswers(round: Round, sort: string, findings: Findings): void {
  for (const call of round.callsOf(sort, 'consume')) {
    const answer = outputOf<Answer>(call)?.output;
    // A repeat that recognises itself is told of what came in between, records included.
    if (answer?.isAdmitted !== true || call.over?.sent !== 1) continue;
    findings.expect(
      answer.attempts <= limit.attemptsMax,
      () => `an attempt of ${sort} was admitted as number ${answer.attempts}`,
    );
  }
}

/** The count is the sum of what was acknowledged, give or take what nobody knows. */
function judgeCount(sort: string, calls: readonly Call[], count: number, findings: Findings): void {
  let [least, most] = [0, 0];
  for (const call of calls) {
    const by = call.operation === 'refund' ? -1 : Number(call.input);
    const known = outputOf<boolean | Answer>(call);
    const isApplied = known !== undefined && wasApplied(call, known.output);
    // A late copy of what was refused may find what was given back, or counted, since.
    const mayFollow = known !== undefined && !isApplied && (call.over?.sent ?? 0) > 1;
    const isOpen = known === undefined || mayFollow || isPastMemory(call, calls, countsRemembered);
    if (isApplied) [least, most] = [least + by, most + by];
    if (isOpen && by < 0) least += by;
    if (isOpen && by > 0) most += by;
  }
  findings.expect(
    count >= least && count <= most,
    () => `${sort} counts ${count}, not ${least} to ${most}: ${calls.length} calls`,
  );
}

function wasApplied({ operation }: Call, output: boolean | Answer): boolean {
  // A record is counted whether or not it stays within the limit.
  if (operation === 'record') return true;
  return typeof output === 'boolean' ? output : output.isAdmitted;
}
