import type { TableDefinition } from '@x/dynamo-core';

/** The table behind `DynamoLock`: one row for each key that was ever locked, for about a week. */
export const locksTable: TableDefinition = {
  name: 'locks',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'purgeAt',
};
