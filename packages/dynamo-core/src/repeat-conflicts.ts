import { errorName } from './error-name.js';
import { pause } from './backoff.js';
import { cancellationReasons } from './cancellation-reasons.js';
import type { Clock } from './clock.js';
import type { Random } from './random.js';
import type { DynamoTransport } from './transport.js';

const repeatsMax = 8;
const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * A transport that repeats, with full jitter, what only met a transaction under way: a single write
 * that DynamoDB refused for it, a transaction that it cancelled for another one or for a busy table,
 * or one whose first delivery is still under way. Nothing was applied then, and the SDK repeats none of these. After eight repeats, the SDK's
 * error passes through.
 *
 * Source: "Amazon DynamoDB Transactions: How it works", on transaction conflicts, in the Amazon
 * DynamoDB Developer Guide.
 */
export function repeatConflicts(
  transport: DynamoTransport,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DynamoTransport {
  return {
    async call(operation, input, options) {
      for (let repeats = 0; ; repeats++) {
        try {
          return await transport.call(operation, input, options);
        } catch (error) {
          if (repeats >= repeatsMax || !isPassing(error)) throw error;
        }
        await pause(repeats, backoff, { clock, random, signal: options?.signal });
      }
    },
  };
}

/** What passes by itself: another transaction under way, or a table that is too busy. */
const passingErrors = ['TransactionConflictException', 'TransactionInProgressException'];
const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

function isPassing(error: unknown): boolean {
  if (passingErrors.includes(errorName(error) ?? '')) return true;
  const reasons = cancellationReasons(error)?.filter(({ code }) => code !== 'None') ?? [];
  return reasons.length > 0 && reasons.every(({ code }) => passing.includes(code));
}
