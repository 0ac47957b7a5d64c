import type { CancellationReason } from '@aws-sdk/client-dynamodb';

import { ServiceError } from '../service-errors.js';

/** The result, or the error with which DynamoDB would refuse it: a transaction collects those. */
export function attempt<T>(action: () => T): T | ServiceError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

/** Why a transaction was cancelled, for an item that is invalid. */
export function invalidItem({ message }: ServiceError): CancellationReason {
  return { Code: 'ValidationError', Message: message };
}
