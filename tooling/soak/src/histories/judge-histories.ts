import { checkLinearizable, type Operation, type SequentialModel } from '@x/simulation';

import type { Call, Round } from '../run/round.js';
import type { Findings } from '../workloads/findings.js';

const stepsMax = 400_000;

/** Whether the calls of each key could have happened one at a time, in some order that fits. */
export function judgeHistories<State, Input, Output>(
  round: Round,
  model: SequentialModel<State, Input, Output>,
  findings: Findings,
  operationsOf: (call: Call, calls: readonly Call[]) => readonly Operation<Input, Output>[],
): void {
  for (const key of round.keys()) {
    const calls = round.callsOf(key);
    const history = calls.flatMap((call) => operationsOf(call, calls));
    const conflict = conflictOf(model, history);
    if (conflict === 'undecided') continue;
    findings.expect(
      conflict === undefined,
      () => `no order of the calls of ${key} explains what they returned:\n${conflict}`,
    );
  }
}

/** The operation as the client saw it, if what it returned is known. */
export function operationOf<Input, Output>(
  { client, key, beganAt, over }: Call,
  input: Input,
  output: { readonly output: Output } | undefined,
): Operation<Input, Output> {
  const returned =
    output === undefined || over === undefined ? undefined : { at: over.at, ...output };
  return { client, key, input, calledAt: beganAt, returned };
}

function conflictOf<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): string | undefined {
  try {
    const { linearizable, conflict } = checkLinearizable(model, history, { stepsMax });
    if (linearizable || conflict === undefined) return undefined;
    const lines = [
      'in order as far as it goes:',
      ...conflict.placed.map(lineOf),
      'none of these can come next:',
      ...conflict.stuck.map(lineOf),
    ];
    return lines.join('\n');
  } catch (error) {
    // The order was not found and not ruled out: that says nothing.
    if (error instanceof RangeError) return 'undecided';
    throw error;
  }
}

function lineOf<Input, Output>(operation: Operation<Input, Output>): string {
  const { client, input, calledAt, returned } = operation;
  const outcome =
    returned === undefined
      ? 'nobody knows'
      : `${JSON.stringify(returned.output)} at ${returned.at} µs`;
  return `  ${client} ${JSON.stringify(input)} called at ${calledAt} µs: ${outcome}`;
}
