import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import type { Database } from '../store/database.js';

/** The limits that a new account has; nothing here is held to them. */
export function describeLimits(
  _database: Database,
  input: sdk.DescribeLimitsCommandInput,
): Omit<sdk.DescribeLimitsCommandOutput, '$metadata'> {
  checkFields('DescribeLimits', input, []);
  return {
    AccountMaxReadCapacityUnits: 80_000,
    AccountMaxWriteCapacityUnits: 80_000,
    TableMaxReadCapacityUnits: 40_000,
    TableMaxWriteCapacityUnits: 40_000,
  };
}

/** Where requests go: to where they came from. */
export function describeEndpoints(
  _database: Database,
  input: sdk.DescribeEndpointsCommandInput,
): Omit<sdk.DescribeEndpointsCommandOutput, '$metadata'> {
  checkFields('DescribeEndpoints', input, []);
  return {
    Endpoints: [{ Address: 'dynamodb.us-east-1.amazonaws.com', CachePeriodInMinutes: 1440 }],
  };
}
