import { pause, type Clock, type DynamoTransport, type Random } from '@x/dynamo-core';

const conflictsMax = 8;
const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * A transport that repeats a write which met a transaction on its row, which the SDK does not do: a
 * mark that is refused because a `transact` of another caller is just looking at the row would leave
 * the work unmarked. Nothing is applied by a write that met a transaction.
 */
export function throughConflicts(
  transport: DynamoTransport,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DynamoTransport {
  return {
    async call(operation, input, options) {
      for (let conflicts = 0; ; conflicts++) {
        try {
          return await transport.call(operation, input, options);
        } catch (error) {
          if (conflicts >= conflictsMax || !isConflict(error)) throw error;
        }
        await pause(conflicts, backoff, { clock, random, signal: options?.signal });
      }
    },
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && error.name === 'TransactionConflictException';
}
