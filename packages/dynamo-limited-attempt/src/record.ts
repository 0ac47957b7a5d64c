import {
  statusWithin,
  type ChangedRow,
  type KeyCall,
  type KnownRow,
  type Part,
} from './attempt-row.js';
import { tellRecord } from './decision-channels.js';
import type { Limiter } from './limiter.js';
import type { AttemptResult } from './options.js';
import { countParts, readRow } from './requests.js';

/** Counts what has happened already, past the limits if need be. */
export async function record(limiter: Limiter, call: KeyCall): Promise<AttemptResult> {
  const run = async (signal: AbortSignal | undefined): Promise<AttemptResult> => {
    if (call.counting.length === 0) return statusWithin(undefined, call);
    const { memory } = limiter;
    const { releases } = memory;
    const plan = (row: KnownRow | undefined): readonly Part[] => countParts(call, row, 'past');
    const known = memory.rowOf(call)?.row;
    const change = await limiter.change(call, known, plan, { signal, startsOver: true });
    const { item } = change as ChangedRow;
    memory.found(call, readRow(item, call), releases);
    return statusWithin(item, call);
  };
  const begun = limiter.beginDecision();
  const result = await limiter.decide(
    [call],
    call,
    run,
    ([result]) => result as AttemptResult,
    true,
  );
  tellRecord(begun, call.displayKey, result);
  return result;
}
