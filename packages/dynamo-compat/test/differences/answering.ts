import type {
  CallOptions,
  Dynamo,
  DynamoInput,
  DynamoOperation,
  DynamoOutput,
  DynamoTransport,
} from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';

/** Lets `after` change the answers to an operation, or take its time with them. */
export function answering<Of extends DynamoOperation>(
  dynamo: Dynamo,
  operation: Of,
  after: (output: DynamoOutput<Of>) => DynamoOutput<Of> | Promise<DynamoOutput<Of>>,
): DynamoTransport {
  const transport = toTransport(dynamo);
  return {
    async call<O extends DynamoOperation>(
      asked: O,
      input: DynamoInput<O>,
      options?: CallOptions,
    ): Promise<DynamoOutput<O>> {
      const output: unknown = await transport.call(asked, input, options);
      const operations: readonly DynamoOperation[] = [operation];
      const isAsked = operations.includes(asked);
      return (isAsked ? await after(output as DynamoOutput<Of>) : output) as never;
    },
  };
}

/** Does something of others after the first read, before its caller knows the answer. */
export function meanwhile(dynamo: Dynamo, act: () => Promise<unknown>): DynamoTransport {
  let isDone = false;
  return answering(dynamo, 'GetItem', async (output) => {
    if (!isDone) {
      isDone = true;
      await act();
    }
    return output;
  });
}

/** Answers the reads of `callers` once all have been carried out. */
export function atTheSameTime(dynamo: Dynamo, callers: number): DynamoTransport {
  let resolve = (): void => {};
  const promise = new Promise<void>((allRead) => {
    resolve = allRead;
  });
  let reads = 0;
  return answering(dynamo, 'GetItem', async (output) => {
    reads += 1;
    if (reads === callers) resolve();
    await promise;
    return output;
  });
}
