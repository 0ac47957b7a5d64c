import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The request handler of a client, in each version of the SDK. */
export type SdkRequestHandler = DynamoDBClient['config']['requestHandler'];
/** What it is given. */
export type SdkRequest = Parameters<SdkRequestHandler['handle']>[0];
/** How long it may take, and what ends it. */
export type SdkRequestOptions = Parameters<SdkRequestHandler['handle']>[1];
/** What it answers with. */
export type SdkResponse = Awaited<ReturnType<SdkRequestHandler['handle']>>;
