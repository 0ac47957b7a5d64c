import type { Dynamo } from '@x/dynamo-core';
import { availableEngines, MemoryDynamo, startDynamo } from '@x/dynamo-testing';

/** What the tour runs on. */
export interface OpenDynamo extends AsyncDisposable {
  readonly dynamo: Dynamo;
  /** What it is, as a line for the reader. */
  readonly description: string;
  /** Ends it, and the process behind it if there is one. */
  stop(): Promise<void>;
}

/** Starts an engine; where none can run, an emulation of DynamoDB in this process takes its place. */
export async function openDynamo(): Promise<OpenDynamo> {
  const engines = await availableEngines();
  if (engines[0] === 'memory') {
    const stop = (): Promise<void> => Promise.resolve();
    const description =
      'No DynamoDB engine runs on this machine: the tour uses an emulation in this process.';
    return { dynamo: new MemoryDynamo(), description, stop, [Symbol.asyncDispose]: stop };
  }
  const running = await startDynamo();
  return {
    dynamo: running.client(),
    description: `A DynamoDB of your own: ${running.engine}, at ${running.endpoint}`,
    stop: () => running.stop(),
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
