export { createTable, InvalidInputError, keysTable, UnreadableRowError } from '@x/dynamo-core';

export { DynamoSessionStore } from './dynamo-session-store.js';
export type { SessionStoreOptions } from './options.js';
