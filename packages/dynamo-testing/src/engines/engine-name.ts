/**
 * Where a DynamoDB for tests comes from: `endpoint` is what the variable `DYNAMODB_ENDPOINT`
 * names, `dynoxide` and `dynamodb-local` are programs that are started, `memory` is a `MemoryDynamo`
 * behind a port.
 */
export type EngineName = 'endpoint' | 'dynoxide' | 'dynamodb-local' | 'memory';

/** All of them, in the order of preference. */
export const engineNames: readonly EngineName[] = [
  'endpoint',
  'dynoxide',
  'dynamodb-local',
  'memory',
];
