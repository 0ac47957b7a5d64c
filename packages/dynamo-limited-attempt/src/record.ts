import { statusWithin, type KeyCall, type Plan } from './attempt-row.js';
import type { Limiter } from './limiter.js';
import type { AttemptResult } from './options.js';
import { countParts } from './requests.js';

/** Counts what has happened already, past the limits if need be. */
export async function record(limiter: Limiter, call: KeyCall): Promise<AttemptResult> {
  const run = async (signal: AbortSignal | undefined): Promise<AttemptResult[]> => {
    if (call.counting.length === 0) return [statusWithin(undefined, call)];
    const plan: Plan = (row) => countParts(call, row, 'past');
    const known = limiter.memory.rowOf(call)?.row;
    const { row } = await limiter.change(call, known, plan, signal);
    return [statusWithin(row?.item, call)];
  };
  const [result] = await limiter.decide([call], call, run, true);
  return result as AttemptResult;
}
