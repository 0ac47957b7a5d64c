export { createTable, InvalidInputError, keysTable } from '@x/dynamo-core';

// oxlint-disable-next-line import/no-default-export -- what Nitro takes from a driver that it has by name
export { dynamoDriver, dynamoDriver as default } from './dynamo-driver.js';
export type { DynamoDriver, DynamoDriverOptions } from './options.js';
