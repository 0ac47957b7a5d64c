import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { DynamoPrimitiveError, type Item } from '@x/dynamo-core';

interface ServiceErrorDetails {
  readonly Item?: Item | undefined;
  readonly CancellationReasons?: CancellationReason[];
}

/**
 * What DynamoDB answers instead of a result. It looks like the SDK's exceptions: same `name`,
 * `$fault` and `$metadata`, so that even `instanceof` of the SDK's classes holds.
 */
export class ServiceError extends Error {
  override readonly name: string;
  readonly $fault = 'client' as const;
  readonly $metadata = { httpStatusCode: 400, attempts: 1, totalRetryDelay: 0 };
  declare readonly Item?: Item;
  declare readonly CancellationReasons?: CancellationReason[];

  constructor(name: string, message: string, details: ServiceErrorDetails = {}) {
    super(message);
    this.name = name;
    for (const [field, value] of Object.entries(details)) {
      // As the SDK has them: plain fields.
      if (value !== undefined) Object.assign(this, { [field]: value });
    }
  }
}

/**
 * Whether DynamoDB has answered so. Not by the class: the error may come from another copy of this package
 * (a module beside CommonJS), or from another transport.
 */
export function isServiceError(error: unknown): error is ServiceError {
  return typeof error === 'object' && error !== null && '$fault' in error && '$metadata' in error;
}

/** The request is not of the shape that the protocol has. */
export function serializationError(message: string): ServiceError {
  return new ServiceError('SerializationException', message);
}

/** The request breaks a rule of DynamoDB. */
export function validationError(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

/** What a request on items needs is not there. */
export function resourceNotFound(): ServiceError {
  return new ServiceError('ResourceNotFoundException', 'Requested resource not found');
}

/** There is no such table. */
export function tableNotFound(tableName: string): ServiceError {
  return new ServiceError(
    'ResourceNotFoundException',
    `Requested resource not found: Table: ${tableName} not found`,
  );
}

/** There is such a table already. */
export function tableExists(tableName: string): ServiceError {
  return new ServiceError('ResourceInUseException', `Table already exists: ${tableName}`);
}

/** A condition did not hold; `item` is what the caller asked to see of the row. */
export function conditionFailed(item: Item | undefined): ServiceError {
  return new ServiceError('ConditionalCheckFailedException', 'The conditional request failed', {
    Item: item,
  });
}

/** Nothing of a transaction was applied, for at least one of `reasons`. */
export function transactionCanceled(reasons: CancellationReason[]): ServiceError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new ServiceError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}

/** The table or the key is asked for more than it is provisioned for. */
export function throttled(): ServiceError {
  return new ServiceError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded. ' +
      'Consider increasing your provisioning level with the UpdateTable API.',
  );
}

/** A token was used before with another request. */
export function idempotentParameterMismatch(): ServiceError {
  return new ServiceError(
    'IdempotentParameterMismatchException',
    'The client request token was used before with another transaction',
  );
}

/** `MemoryDynamo` was asked for something that DynamoDB does and it does not. */
export class UnsupportedFeatureError extends DynamoPrimitiveError {
  static override readonly code = 'UnsupportedFeature';

  /** What was asked for, such as `"Query.IndexName"`. */
  readonly feature: string;

  constructor(feature: string) {
    super(`Cannot emulate "${feature}": MemoryDynamo does not support it, use a real engine`);
    this.feature = feature;
  }
}
