import type { Operation } from './history.js';

/** Collects what several clients do and see, in the order in which it happens in this process. */
export interface HistoryRecorder<Input, Output> {
  /**
   * Runs `call` and records it. When it throws, the outcome is recorded as unknown and the error is
   * passed on: turn an answer such as "refused" into an output inside `call`.
   */
  record(client: string, input: Input, call: () => Promise<Output>, key?: string): Promise<Output>;
  /** Everything so far; what has not returned yet is of unknown outcome. */
  operations(): readonly Operation<Input, Output>[];
}

/** Starts an empty history. */
export function recordHistory<Input, Output>(): HistoryRecorder<Input, Output> {
  const operations: Operation<Input, Output>[] = [];
  let time = 0;
  return {
    record: async (client, input, call, key = '') => {
      const calledAt = time++;
      const operation = { client, key, input, calledAt, returned: undefined };
      const index = operations.push(operation) - 1;
      const output = await call();
      operations[index] = { ...operation, returned: { at: time++, output } };
      return output;
    },
    operations: () => [...operations],
  };
}
