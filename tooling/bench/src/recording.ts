import {
  systemClock,
  type Clock,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
} from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';

import type { BenchCase, Operation } from './operations.js';

/** A request of an operation, and what was answered. */
export interface Recorded {
  readonly operation: DynamoOperation;
  readonly input: DynamoInput<DynamoOperation>;
  readonly answer: { readonly output: object } | { readonly error: Error };
}

/** An operation whose requests are known, and where they go from now on. */
export interface Recording extends Pick<Operation, 'run'> {
  readonly requests: readonly Recorded[];
  /** Sends them through another transport. */
  readonly sendThrough: (transport: DynamoTransport) => void;
}

/** The time at which all that is recorded was sent. */
export const startMs: number = Date.now();

/** A clock that stands still: what was recorded holds each time that it is played. */
const standing: Clock = { ...systemClock, now: () => startMs, monotonic: () => 0 };

/** Fills the memory of a row. */
const runsBefore = 20;

/** Runs an operation on a `MemoryDynamo` until its rows are as they stay, and keeps its requests. */
export async function record(
  { table, make }: BenchCase,
  tableName: string,
  serverClock = false,
): Promise<Recording> {
  const memory = new MemoryDynamo({ clock: standing });
  memory.createTable({ ...table, name: tableName });
  let requests: Recorded[] = [];
  let target: DynamoTransport = {
    async call<O extends DynamoOperation>(operation: O, input: DynamoInput<O>) {
      const request = { operation, input: structuredClone(input) };
      try {
        const output = await memory.call(operation, input);
        requests.push({ ...request, answer: { output } });
        return output;
      } catch (error) {
        requests.push({ ...request, answer: { error: error as Error } });
        throw error;
      }
    },
  };
  // As the SDK's clients, with all that core does for those.
  const dynamo: DynamoTransport = {
    usesSockets: true,
    call: (operation, input, options) => target.call(operation, input, options),
  };
  const { prime, run } = make({ dynamo, tableName, clock: standing, serverClock });
  await prime();
  for (let n = 0; n < runsBefore; n++) await run();
  requests = [];
  await run();
  return {
    run,
    requests,
    sendThrough: (transport) => {
      target = transport;
    },
  };
}

/** Answers at once, with what was recorded, in turn. */
export function replaying(requests: readonly Recorded[]): DynamoTransport {
  let next = 0;
  return {
    call<O extends DynamoOperation>(operation: O): Promise<DynamoOutput<O>> {
      const recorded = requests[next++ % requests.length];
      if (recorded?.operation !== operation) throw new Error(`${operation} was not recorded here`);
      const { answer } = recorded;
      if ('error' in answer) return Promise.reject(answer.error);
      return Promise.resolve(answer.output as DynamoOutput<O>);
    },
  };
}
