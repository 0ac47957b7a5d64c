import { stringOf, writeConditionally, type Item } from '@x/dynamo-core';

import { windowOf } from './attempt-row.js';
import type { AttemptStatus, SuccessfulAttempt } from './options.js';
import { refundAttempt } from './refund-attempt.js';
import { deleteRow } from './requests.js';
import type { AttemptCall, AttemptOutcome } from './take-attempt.js';
import { judge, type Verdict } from './verdict.js';

/** What the public answers say of a verdict. */
export function statusOf(verdict: Verdict): AttemptStatus {
  const { attempts, remaining, attemptsMax, resetAtMs } = verdict;
  return { attempts, remaining, limit: attemptsMax, resetAt: resetAtMs };
}

/** An attempt that was counted, with what can be done about it. */
export function countedAttempt<T extends string>(
  call: AttemptCall,
  { item, isLatest }: Extract<AttemptOutcome, { isAdmitted: true }>,
  onChange: (item: Item | undefined) => void,
): SuccessfulAttempt<T> {
  const window = windowOf(item, call.id);
  let refundId: string | undefined;
  let refunding: Promise<boolean> | undefined;

  async function refund(): Promise<boolean> {
    if (window === undefined) return false;
    refundId ??= call.rows.random.id();
    const row = await refundAttempt({ call, id: refundId, window, item, isLatest });
    onChange(row);
    return row !== undefined;
  }

  return {
    ...statusOf(judge(item, call.limits, call)),
    // The context of a window that began since is somebody else's.
    context: (window === undefined ? call.context : stringOf(item, 'context')) as T | undefined,
    counted: true,
    clear: async () => {
      if (window === undefined) return;
      const input = deleteRow(call, window);
      await writeConditionally(call.rows.transport, 'DeleteItem', input);
      onChange(undefined);
    },
    refund: () => {
      refunding ??= refund().catch((error: unknown) => {
        // The id stays the same, so that another call gives back nothing twice.
        refunding = undefined;
        throw error;
      });
      return refunding;
    },
  };
}

/** An attempt that was let through while the store failed. */
export function uncountedAttempt<T extends string>({
  context,
  limits,
  nowMs,
  cost,
}: AttemptCall): SuccessfulAttempt<T> {
  return {
    ...statusOf(judge(undefined, limits, { nowMs, cost })),
    context: context as T | undefined,
    counted: false,
    clear: () => Promise.resolve(),
    refund: () => Promise.resolve(false),
  };
}
