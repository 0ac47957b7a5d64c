/**
 * Where a DynamoDB for tests comes from: `endpoint` is whatever the variable `DYNAMODB_ENDPOINT`
 * names, the others are programs that are started.
 */
export type EngineName = 'endpoint' | 'dynoxide' | 'dynamodb-local';

/** All of them, in the order of preference. */
export const engineNames: readonly EngineName[] = ['endpoint', 'dynoxide', 'dynamodb-local'];
