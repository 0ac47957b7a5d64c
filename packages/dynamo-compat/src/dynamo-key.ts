import type { Brand } from '@x/dynamo-core';

/** The key of a row of the `keys` table. */
export type DynamoKey = Brand<string, 'DynamoKey'>;
