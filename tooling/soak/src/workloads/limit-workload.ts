import { countsRemembered } from '@x/dynamo-core/mechanism';
import { LimitedAttempt, type SuccessfulAttempt } from '@x/dynamo-limited-attempt';
import type { CompoundKey } from '@x/dynamo-partitioned';

import { outputOf, type Call } from '../run/round.js';
import type { Findings } from './findings.js';
import { sumBounds, type Counting } from './sum-bounds.js';
import type { Workload } from './workload.js';

const slotMs = 400;
const keysPerSlot = 2;
const costMax = 3;
const pauseMsMax = 10;
/** No window ends while its key is in use. */
const limit = { attemptsMax: 5, windowMs: 600_000 };
/** Half of the clients have a second limit, for longer, which refuses nobody. */
const longer = { attemptsMax: 1_000_000, windowMs: 6_000_000 };
/** Counts what was decided together with the other key. */
const ample = { attemptsMax: 1_000_000, windowMs: 600_000 };

type Answer = { readonly isAdmitted: boolean; readonly attempts: number };

/**
 * Clients attempt and give back, also by key, record, and decide about two keys at once.
 *
 * Those that are broken on purpose count without looking at the limit, all at one key.
 */
export const limitWorkload: Workload = {
  name: 'limit',

  start: (worker) => {
    const { isBroken } = worker;
    const limits = worker.pick(2) === 0 ? limit : [limit, longer];
    const limiter = new LimitedAttempt(worker.on('partitioned'));

    async function consume(key: CompoundKey<string, never>): Promise<Answer> {
      const { isAdmitted, attempts } = isBroken
        ? await limiter.record(key, limits)
        : await limiter.consume(key, limits);
      return { isAdmitted: isBroken || isAdmitted, attempts };
    }

    /** Half of what is admitted by one limit is given back: of two, a refund by key has taken one alone. */
    async function attempt(sort: string): Promise<void> {
      let made: SuccessfulAttempt | undefined;
      await worker.call('attempt', sort, 1, async () => {
        made = await limiter.tryAttempt(keyOf(sort), limits);
        return made !== undefined;
      });
      const admitted = made;
      if (admitted === undefined || limits !== limit || worker.pick(2) === 0) return;
      await worker.call('refund', sort, 1, () => admitted.refund());
    }

    return async () => {
      const place = isBroken ? 0 : `${worker.slot(slotMs)}-${worker.pick(keysPerSlot)}`;
      const sort = `r${worker.round}-${place}`;
      const key = keyOf(sort);
      switch (worker.pick(8)) {
        case 0: {
          const cost = 1 + worker.pick(costMax);
          const record = async () => (await limiter.record(key, limits, { cost })).isAdmitted;
          await worker.call('record', sort, cost, record);
          break;
        }
        case 1:
          await worker.call('refund', sort, 1, () => limiter.refund(key, limit));
          break;
        case 2: {
          const entries = [
            { key, limits },
            { key: keyOf(`${sort}-with`), limits: ample },
          ];
          const decide = async () => (await limiter.attemptAll(entries)).isAdmitted;
          await worker.call('attemptAll', sort, 1, decide);
          break;
        }
        case 3:
        case 4:
          await attempt(sort);
          break;
        default:
          await worker.call('consume', sort, 1, () => consume(key));
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const limiter = new LimitedAttempt({ dynamo, tableName: tables.partitioned });
    for (const sort of round.keys()) {
      const all = round.callsOf(sort);
      const together = round.callsOf(sort, 'attemptAll');
      judgeAnswers(sort, all, findings);
      judgeCount(sort, all, (await limiter.peek(keyOf(sort), limit)).attempts, findings);
      const other = `${sort}-with`;
      judgeCount(other, together, (await limiter.peek(keyOf(other), ample)).attempts, findings);
    }
  },
};

function keyOf(sort: string): CompoundKey<string, never> {
  return { partition: 'soak', namespace: 'limits', sort };
}

const counting: Counting = {
  remembered: countsRemembered,
  byOf: ({ operation, input }) => (operation === 'refund' ? -1 : Number(input)),
  hasCounted,
};

/** No more are admitted than the limit and what was given back, and none is refused below it. */
function judgeAnswers(sort: string, calls: readonly Call[], findings: Findings): void {
  const { attemptsMax } = limit;
  const refunds = calls.filter(({ operation }) => operation === 'refund');
  const others = calls.filter(({ operation }) => operation !== 'refund');
  const attempts = others.filter(({ operation }) => operation !== 'record');
  const admitted = attempts.filter((call) => hasCounted(call) === true).length;
  const given = -sumBounds(refunds, counting, calls).least;
  findings.expect(
    admitted - given <= attemptsMax,
    () => `${admitted} attempts of ${sort} were admitted, and ${given} given back at most`,
  );
  for (const call of attempts) {
    const answer = outputOf<boolean | Answer>(call)?.output;
    // A repeat that recognises itself hears of what came in between, records included.
    if (typeof answer === 'object' && answer.isAdmitted && call.over?.sent === 1) {
      findings.expect(
        answer.attempts <= attemptsMax,
        () => `an attempt of ${sort} was admitted as number ${answer.attempts}`,
      );
    }
    if (hasCounted(call) !== false) continue;
    const before = others.filter((other) => other !== call && other.beganAt < (call.over?.at ?? 0));
    const { most } = sumBounds(before, counting, calls);
    findings.expect(
      most >= attemptsMax,
      () => `an attempt of ${sort} was refused after ${most} others at most`,
    );
  }
}

/** The count is the sum of what was acknowledged, give or take what nobody knows. */
function judgeCount(sort: string, calls: readonly Call[], count: number, findings: Findings): void {
  const { least, most, text } = sumBounds(calls, counting);
  findings.expect(
    count >= least && count <= most,
    () => `${sort} counts ${count}, not ${least} to ${most}: ${text}`,
  );
}

/** Whether a call has changed the count; `undefined` where nobody knows. */
function hasCounted(call: Call): boolean | undefined {
  const known = outputOf<boolean | Answer>(call);
  if (known === undefined) return undefined;
  // A record is counted whether or not it stays within the limit.
  if (call.operation === 'record') return true;
  return typeof known.output === 'boolean' ? known.output : known.output.isAdmitted;
}
