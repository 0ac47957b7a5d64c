export { createTable, InvalidInputError, keysTable, UnreadableRowError } from '@x/dynamo-core';

export { DynamoKeyv } from './dynamo-keyv.js';
export type { DynamoKeyvOptions } from './options.js';
