import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkInteger } from '@x/dynamo-core/mechanism';

type RetryStrategy = Exclude<
  NonNullable<DynamoDBClientConfig['retryStrategy']>,
  { retry: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;

/**
 * A `retryStrategy` for tests: it repeats what the SDK repeats (throttling, lost connections, answers
 * of status 500), as often, and does not wait. The SDK's own strategy waits for seconds after a
 * throttled request, and stops repeating once a client has seen a hundred failures.
 *
 * @param maxAttempts how often a request is sent at most, the first time included
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { immediateRetries } from '@x/dynamo-testing';
 *
 * const client = new DynamoDBClient({ region: 'us-east-1', retryStrategy: immediateRetries() });
 * client.destroy();
 * ```
 */
export function immediateRetries(maxAttempts = 4): RetryStrategy {
  checkInteger('maxAttempts', maxAttempts, 1);
  return {
    acquireInitialRetryToken: async () => retryToken(0),
    refreshRetryTokenForRetry: async (token, { errorType }) => {
      const next = token.getRetryCount() + 1;
      if ((errorType !== 'THROTTLING' && errorType !== 'TRANSIENT') || next >= maxAttempts) {
        // This is how a strategy says no; the SDK then throws the error of the last attempt.
        throw new Error('No retry token available');
      }
      return retryToken(next);
    },
    recordSuccess: () => {},
  };
}

function retryToken(count: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}
